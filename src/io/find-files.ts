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
  /** Links to files are files, too. Links to folders are never followed. */
  readonly links: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Paths of the files below `folder`, upper folders first and by name in each. Hidden names and `node_modules` are left out,
 * and a folder that cannot be read hides only its own. Throws `signal.reason`.
 */
export async function findFiles(folder: string, search: FileSearch): Promise<string[]> {
  const { isWanted, levels, maximumFiles, maximumEntries, links, signal } = search;
  const paths: string[] = [];
  let entries = 0;
  let level = [folder];
  for (let depth = 0; depth <= levels && level.length > 0; depth++) {
    const next: string[] = [];
    for (const each of level) {
      const found: string[] = [];
      const folders: string[] = [];
      try {
        for await (const entry of await opendir(each)) {
          signal?.throwIfAborted();
          if (++entries > maximumEntries) break;
          if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
          const isFile = entry.isFile() || (links && entry.isSymbolicLink());
          if (entry.isDirectory()) folders.push(join(each, entry.name));
          else if (isFile && isWanted(entry.name)) found.push(join(each, entry.name));
        }
      } catch (error) {
        if (signal?.aborted === true) throw error;
      }
      paths.push(...found.sort());
      next.push(...folders.sort());
      if (paths.length >= maximumFiles) return paths.slice(0, maximumFiles);
      if (entries > maximumEntries) return paths;
    }
    level = next;
  }
  return paths;
}
