// Files of a kind in the upper folders of a workspace: models' folders can be deep and full, so the search has bounds.
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface FileSearch {
  /** By the name alone. */
  readonly isWanted: (name: string) => boolean;
  /** Folders below folders that are looked into. */
  readonly levels: number;
  /** It ends early with as many files, or after as many entries. */
  readonly maximumFiles: number;
  readonly maximumEntries: number;
  readonly signal: AbortSignal;
}

/** Paths of the files below `folder`; hidden names are left out, and a folder that cannot be read hides only its own. */
export async function findFiles(folder: string, search: FileSearch): Promise<string[]> {
  const { isWanted, maximumFiles, maximumEntries, signal } = search;
  const paths: string[] = [];
  let entries = 0;
  const look = async (inner: string, levels: number): Promise<void> => {
    const folders: string[] = [];
    try {
      for await (const entry of await opendir(inner)) {
        signal.throwIfAborted();
        if (paths.length >= maximumFiles || ++entries > maximumEntries) return;
        if (entry.name.startsWith('.')) continue;
        if (entry.isDirectory()) folders.push(join(inner, entry.name));
        else if (isWanted(entry.name)) paths.push(join(inner, entry.name));
      }
    } catch (error) {
      if (signal.aborted) throw error;
    }
    if (levels === 0) return;
    for (const each of folders) await look(each, levels - 1);
  };
  await look(folder, search.levels);
  return paths;
}
