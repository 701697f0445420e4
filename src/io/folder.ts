// A FolderPort over a folder on disk: names only, no paths, nothing outside the folder.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openFileByteSource } from './file-byte-source.ts';
import { toIoError } from './io-error.ts';

/** Opens a folder. Throws `io/not-found` when `path` is not one. */
export async function openFolder(path: string): Promise<FolderPort> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (!status.isDirectory()) {
    throw new StudioError('io/not-found', `${path} is not a folder.`, {
      hint: 'Give the path of a folder.',
    });
  }
  return {
    label: path,
    name: basename(resolve(path)),
    async list() {
      const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      // Hugging Face's cache holds symbolic links to files, so links count when they lead to a file.
      const names = await Promise.all(
        entries.map(async (entry) =>
          entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(path, entry.name))))
            ? entry.name
            : undefined,
        ),
      );
      return names.filter((name) => name !== undefined).sort();
    },
    async has(fileName) {
      return isPlainName(fileName) && (await isFile(join(path, fileName)));
    },
    async open(fileName) {
      if (!isPlainName(fileName)) {
        throw new StudioError(
          'io/not-found',
          `${path}: "${fileName}" is not the name of a file directly inside this folder.`,
          { hint: 'Names with path separators are never followed.', details: { fileName } },
        );
      }
      return openFileByteSource(join(path, fileName));
    },
    async subfolder(name) {
      const inner = join(path, name);
      const status = isPlainName(name) ? await stat(inner).catch(() => undefined) : undefined;
      return status?.isDirectory() === true ? openFolder(inner) : undefined;
    },
  };
}

function isPlainName(fileName: string): boolean {
  return fileName !== '' && fileName !== '.' && fileName !== '..' && !/[/\\\0]/.test(fileName);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
