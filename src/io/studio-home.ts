// Where GGUF Studio keeps what is its own: `$GGUF_STUDIO_HOME`, else the XDG data folder. Folders made here carry a mark,
// and cleaning up never touches a folder without it.
import { stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { toIoError } from './io-error.ts';
import { makeFolder } from './make-folder.ts';

/** The file that says: this folder and everything in it was made by GGUF Studio and may be deleted by it. */
export const ownFolderMark = '.gguf-studio-folder';

const markText =
  'This folder was made by GGUF Studio. Its "clean" command may delete everything in it.\n';

/** The state folder (not created). */
export function studioHome(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['GGUF_STUDIO_HOME'];
  if (own) return resolve(own);
  const data = environment['XDG_DATA_HOME'];
  return join(data ? resolve(data) : join(homedir(), '.local', 'share'), 'gguf-studio');
}

/** Creates a marked folder (and its parents) and gives its path. */
export async function ensureOwnFolder(path: string): Promise<string> {
  try {
    await makeFolder(path);
    await writeFile(join(path, ownFolderMark), markText, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw toIoError(error, path);
  }
  return path;
}

/** True for a folder that ensureOwnFolder made. */
export async function isOwnFolder(path: string): Promise<boolean> {
  return stat(join(path, ownFolderMark)).then(
    (status) => status.isFile(),
    () => false,
  );
}
