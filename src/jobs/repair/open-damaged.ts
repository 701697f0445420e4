// Opens a damaged file as far as it reads, with the parts of a split from its own folder and from others that the user names.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openSubject } from '#src/doctor/open-subject.ts';
import type { FolderAccess } from '#src/doctor/structure/find-parts.ts';
import type { Subject } from '#src/doctor/subject.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';

export interface OpenDamaged {
  readonly subject: Subject;
  close(): Promise<void>;
}

/** Throws `repair/impossible` for what is no GGUF, and what reading throws. */
export async function openDamaged(path: string, folders: readonly string[]): Promise<OpenDamaged> {
  const source = await openFileByteSource(path);
  const opened = await openSubject(source, accessTo([dirname(path), ...folders]));
  if ('subject' in opened) return opened;
  await opened.close();
  throw new StudioError('repair/impossible', `${basename(path)}: ${opened.foreign.message}`, {
    hint: opened.foreign.remedy ?? 'Repair works on GGUF files: look with "gguf-studio doctor" at what this is.',
    details: { finding: opened.foreign.code },
  });
} // prettier-ignore

/** Several folders as one: the first that has a file counts. */
function accessTo(folders: readonly string[]): FolderAccess {
  const namesIn = async (folder: string) => {
    const names = await readdir(folder).catch((): string[] => []);
    return names.filter((name) => name.toLowerCase().endsWith('.gguf')).sort();
  };
  return {
    async open(fileName) {
      const name = basename(fileName);
      for (const folder of folders.slice(0, -1)) {
        const found = await openFileByteSource(join(folder, name)).catch((error: unknown) => {
          if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
          throw error;
        });
        if (found !== undefined) return found;
      }
      return openFileByteSource(join(folders.at(-1) ?? '.', name));
    },
    async list() {
      return [...new Set((await Promise.all(folders.map(namesIn))).flat())];
    },
  };
}
