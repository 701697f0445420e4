// The library's entries as they are found, shared by every screen that offers models. Filled by `loadLibrary`, kept up to date
// by `followLibrary`.
import { create } from 'zustand';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio, useStudio } from './studio-store.ts';

export interface LibraryStore {
  readonly entries: readonly LibraryEntry[];
  /** The first listing, or a later one, is on its way. */
  readonly loading: boolean;
  /** Listed to the end at least once. */
  readonly listed: boolean;
  readonly error: unknown;
}

export const useLibrary = create<LibraryStore>(() => ({
  entries: [],
  loading: false,
  listed: false,
  error: undefined,
}));

/** Entries by id: what is listed again replaces what was known, at its place. Pure. */
export function mergeEntries(
  known: readonly LibraryEntry[],
  found: readonly LibraryEntry[],
): readonly LibraryEntry[] {
  if (found.length === 0) return known;
  const byId = new Map(known.map((entry) => [entry.file.id, entry]));
  for (const entry of found) byId.set(entry.file.id, entry);
  return [...byId.values()];
}

/** Milliseconds between drawings while entries pour in; the first ones appear at once. */
const interval = 200;
const firstInterval = 30;
let running: AbortController | undefined;

/** Lists everything. Entries appear in batches while they are found; at the end, what was not found again is gone. */
export async function loadLibrary(): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const found: LibraryEntry[] = [];
  let shown = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer = undefined;
    const fresh = found.slice(shown);
    shown = found.length;
    useLibrary.setState(({ entries }) => ({ entries: mergeEntries(entries, fresh) }));
  };
  useLibrary.setState({ loading: true, error: undefined });
  try {
    await studio().call(
      'listLibrary',
      {},
      {
        signal: controller.signal,
        onEvent({ entry }) {
          found.push(entry);
          timer ??= setTimeout(show, shown === 0 ? firstInterval : interval);
        },
      },
    );
    if (running === controller) {
      useLibrary.setState({ entries: mergeEntries([], found), loading: false, listed: true });
    }
  } catch (error) {
    if (running === controller) useLibrary.setState({ loading: false, listed: true, error });
  } finally {
    clearTimeout(timer);
    if (running === controller) running = undefined;
  }
}

let following = false;

/** Lists now, and again whenever folders or the workspace changed. Called by whoever shows entries; works once. */
export function followLibrary(): void {
  if (following) return;
  following = true;
  void loadLibrary();
  useStudio.subscribe((store, before) => {
    const workspace = store.state?.workspace.folder.id;
    const moved = workspace !== before.state?.workspace.folder.id;
    if (moved) useLibrary.setState({ entries: [], listed: false });
    if (moved || store.libraryVersion !== before.libraryVersion) void loadLibrary();
  });
}
