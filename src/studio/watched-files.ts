// Files that windows have open: each is told once when another program wrote it. Folders are watched, not files: most
// programs replace a file instead of writing into it.
import { basename, dirname } from 'node:path';
import { watchFolder, type FolderWatch } from '#src/io/watch-folder.ts';
import { hashOnDisk } from './recipe-texts.ts';

export interface WatchedFiles {
  /** Watches a file that was read or written with this hash; the ones that were opened longest ago make room. */
  follow(path: string, hash: string): void;
  close(): void;
}

/** Open at once in all windows. */
const most = 50;

/** `tell` gets the SHA-256 of what the file holds now; a file that is gone or cannot be read is not told. */
export function watchFiles(tell: (path: string, hash: string) => void): WatchedFiles {
  const watched = new Map<string, { told: string; watch: FolderWatch }>();
  const lookAgain = async (path: string) => {
    const hash = await hashOnDisk(path).catch(() => undefined);
    const entry = watched.get(path);
    if (entry === undefined || hash === undefined || hash === entry.told) return;
    entry.told = hash;
    tell(path, hash);
  };
  return {
    follow(path, hash) {
      if (watched.has(path)) return;
      const name = basename(path);
      const watch = watchFolder(dirname(path), () => void lookAgain(path), {
        ignore: (other) => other !== name,
      });
      watched.set(path, { told: hash, watch });
      const [oldest] = watched;
      if (watched.size <= most || oldest === undefined) return;
      oldest[1].watch.close();
      watched.delete(oldest[0]);
    },
    close() {
      for (const { watch } of watched.values()) watch.close();
      watched.clear();
    },
  };
}
