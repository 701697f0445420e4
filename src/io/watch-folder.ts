// Tells when something in a folder changed, once per burst. The system's watch is a help, not a promise: a folder that
// cannot be watched (network disks, too many watches) is simply silent, and the user can look again.
import { watch, type FSWatcher } from 'node:fs';

export interface FolderWatch {
  close(): void;
}

export interface WatchOptions {
  /** Milliseconds without a change before it is told. */
  readonly quiet?: number;
  /** Milliseconds after which a change is told although they go on. */
  readonly patience?: number;
  /** Names (relative to the folder) that do not count. */
  readonly ignore?: (name: string) => boolean;
}

/** Calls `onChange` after every burst of changes. */
export function watchFolder(
  path: string,
  onChange: () => void,
  options: WatchOptions = {},
): FolderWatch {
  const { quiet = 300, patience = 3000 } = options;
  let timer: NodeJS.Timeout | undefined;
  let firstChange = 0;
  const tell = () => {
    timer = undefined;
    onChange();
  };
  const changed = (_event: string, name: string | null) => {
    if (name !== null && options.ignore?.(name) === true) return;
    const now = Date.now();
    if (timer === undefined) firstChange = now;
    else if (now - firstChange > patience) return;
    clearTimeout(timer);
    timer = setTimeout(tell, quiet);
    timer.unref();
  };
  const watcher = start(path, changed);
  watcher?.on('error', () => watcher.close());
  watcher?.unref();
  return {
    close() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** Not recursive: on Linux, Node walks the whole tree for that while everything else waits. */
function start(
  path: string,
  changed: (event: string, name: string | null) => void,
): FSWatcher | undefined {
  try {
    return watch(path, changed);
  } catch {
    return undefined;
  }
}
