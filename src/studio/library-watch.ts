// Watches the folders that the library was read from, each by itself: a few hundred watches cost nothing, one recursive
// watch of a model collection would walk it all.
import { stat } from 'node:fs/promises';
import { watchFolder, type FolderWatch } from '#src/io/watch-folder.ts';

export interface LibraryWatch {
  /** Watches these folders and no others. What changed after `readAt` (ms), before there was a watch, is told as well. */
  follow(folders: ReadonlySet<string>, readAt: number): void;
  close(): void;
}

const maximumWatches = 500;

export function createLibraryWatch(onChange: () => void): LibraryWatch {
  const watches = new Map<string, FolderWatch>();
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, 300);
    timer.unref();
  };
  return {
    follow(folders, readAt) {
      for (const [path, watch] of watches) {
        if (folders.has(path)) continue;
        watch.close();
        watches.delete(path);
      }
      for (const path of folders) {
        if (watches.size >= maximumWatches) break;
        if (watches.has(path)) continue;
        // What a build is writing becomes an entry when it gets its name.
        const watch = watchFolder(path, changed, { quiet: 500, ignore: isUnfinished });
        watches.set(path, watch);
        void stat(path).then(
          ({ mtimeMs }) => mtimeMs > readAt && watches.get(path) === watch && changed(),
          () => undefined,
        );
      }
    },
    close() {
      clearTimeout(timer);
      for (const watch of watches.values()) watch.close();
      watches.clear();
    },
  };
}

function isUnfinished(name: string): boolean {
  return /\.(partial|journal|lock|rejected|tmp)(\.|$)/i.test(name) || name.startsWith('.');
}
