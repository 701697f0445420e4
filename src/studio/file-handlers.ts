// Choosing files: the in-app picker, paths that were typed, and the system's own dialogs where there are any.
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { listFolder, listRoots } from './list-folder.ts';
import type { StudioFiles } from './studio-files.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

type FileMethods =
  | 'listFolder'
  | 'resolvePath'
  | 'makeFolder'
  | 'pickWithSystemDialog'
  | 'showInFolder'
  | 'saveTextAs';

export function fileHandlers({
  files,
  platform,
  workspace,
}: StudioParts): StudioHandlers<FileMethods> {
  return {
    async listFolder({ folder, purpose }, { signal }) {
      if (folder === null) return listRoots(files, purpose);
      return listFolder(files, await files.pathOf(folder), purpose, signal);
    },
    async resolvePath({ path }) {
      const absolute = typedPath(path, workspace().folder);
      const reference = await files.admit(absolute);
      await stat(absolute).catch((error: unknown) => {
        throw toIoError(error, absolute);
      });
      return reference;
    },
    async makeFolder({ parent, name }) {
      const path = join(await files.pathOf(parent), plainName(name));
      await mkdir(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw toIoError(error, path);
        throw new StudioError('output/exists', `${path} exists already.`, {
          hint: 'Choose it, or give the new folder another name.',
          cause: error,
        });
      });
      return files.admit(path);
    },
    async pickWithSystemDialog({ purpose, title }) {
      if (platform.pick === undefined) {
        throw onlyOnDesktop("The system's own dialog", 'Use the list of folders here.');
      }
      return allowPicked(files, await platform.pick(purpose, title));
    },
    async showInFolder({ file }) {
      const path = await files.pathOf(file);
      if (platform.showInFolder === undefined) {
        throw onlyOnDesktop('The file manager', `The file is ${path}.`);
      }
      await stat(path).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      platform.showInFolder(path);
      return null;
    },
    async saveTextAs({ suggestedName, text }) {
      if (platform.saveText === undefined) {
        throw onlyOnDesktop("The system's own dialog", 'Download the text with the browser.');
      }
      const path = await platform.saveText(plainName(suggestedName), text);
      if (path === undefined) return null;
      await files.allow(path);
      return files.admit(path);
    },
  };
}

/** Lets files that the user picked or dropped be named. A recipe brings its folder: its relative paths start there. */
export async function allowPicked(
  files: StudioFiles,
  paths: readonly string[],
): Promise<ReturnType<StudioFiles['reference']>[]> {
  for (const path of paths) {
    if (!isAbsolute(path)) continue;
    await files.allow(/\.recipe\.json$/i.test(path) ? resolve(path, '..') : path);
  }
  return Promise.all(paths.filter((path) => isAbsolute(path)).map((path) => files.admit(path)));
}

/** A name that somebody typed as one part of a path. Throws `file/not-allowed`. */
export function plainName(name: string): string {
  const trimmed = name.trim();
  const isPlain =
    trimmed !== '' &&
    trimmed !== '.' &&
    trimmed !== '..' &&
    trimmed.length <= 200 &&
    !/[/\\:*?"<>|\u0000-\u001f\u007f]/.test(trimmed);
  if (isPlain) return trimmed;
  throw new StudioError(
    'file/not-allowed',
    `"${name.slice(0, 200)}" cannot be the name of a file.`,
    {
      hint: 'Use letters, digits, spaces and - _ . ( ), without folders.',
    },
  );
}

/** `~` is the user's home; relative paths start at the workspace. */
function typedPath(path: string, workspaceFolder: string): string {
  const trimmed = path.trim().replace(/^file:\/\/(?=\/)/, '');
  if (trimmed.includes('\0') || trimmed === '') {
    throw new StudioError('io/not-found', 'This is no path.', { hint: 'Type the path of a file.' });
  }
  if (trimmed === '~' || /^~[/\\]/.test(trimmed)) return join(homedir(), trimmed.slice(1));
  return resolve(workspaceFolder, trimmed);
}

function onlyOnDesktop(what: string, hint: string): StudioError {
  return new StudioError('studio/not-here', `${what} cannot be opened from a browser.`, { hint });
}
