// A manifest's files: inside its folder, whatever names it holds and wherever its links lead, and the bytes that it promises.
// A file is hashed when it is first needed and again when it changed; hashes are remembered beyond the program.
import { stat } from 'node:fs/promises';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { placeInside } from '#src/io/resolve-inside.ts';

export interface FamilyFiles {
  /**
   * Absolute path of a file whose bytes are those of `sha256`. Throws `io/not-found`, `serving/files` for a path that leads
   * outside or other bytes.
   */
  verified(file: string, sha256: string | undefined, signal?: AbortSignal): Promise<string>;
}

export function openFamilyFiles(folder: string): FamilyFiles {
  /** Path -> what the file looked like when it had its hash. */
  const seen = new Map<string, string>();
  return {
    async verified(file, sha256, signal) {
      const path = await insidePath(folder, file);
      if (sha256 === undefined) return path;
      const status = await stat(path).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      const looks = `${sha256} ${status.size} ${status.mtimeMs} ${status.ctimeMs} ${status.ino}`;
      if (seen.get(path) === looks) return path;
      const found = await hashFile(path, signal === undefined ? {} : { signal });
      if (found !== sha256) {
        throw new StudioError('serving/files', `${path} is not the file that the manifest names.`, {
          hint: 'It changed since the family was packaged. Package it again, or put the original file back.',
          details: { path, expected: sha256, found },
        });
      }
      seen.set(path, looks);
      return path;
    },
  };
}

async function insidePath(folder: string, file: string): Promise<string> {
  const place = await placeInside(folder, file).catch((error: unknown) => {
    if (!(error instanceof StudioError) || error.code !== 'io/not-found') throw error;
    throw new StudioError(
      'io/not-found',
      `${file} is missing in ${folder}; the manifest names it.`,
      {
        hint: 'Put it back, or package the family again; gguf-studio verify lists all that is missing.',
        details: { folder, file },
      },
    );
  });
  if (!('leads' in place)) return place.path;
  throw new StudioError(
    'serving/files',
    `The manifest names ${file}, which is outside its folder.`,
    {
      hint: 'A family is one folder: copy the file into it and name it there.',
      details: { file },
    },
  );
}
