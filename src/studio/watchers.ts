// Every window's `watch` call: what changes is sent to all of them, so that several windows show the same.
import type { WatchEvent } from '#src/contract/studio/state.ts';
import type { CallContext } from '#src/rpc/server.ts';

export interface Watchers {
  send(event: WatchEvent): void;
  /** Sends `first`, then everything that is sent, until the call is cancelled. */
  watch(first: readonly WatchEvent[], context: CallContext<WatchEvent>): Promise<null>;
  readonly count: number;
}

export function createWatchers(): Watchers {
  const windows = new Set<(event: WatchEvent) => void>();
  return {
    get count() {
      return windows.size;
    },
    send(event) {
      for (const emit of windows) emit(event);
    },
    async watch(first, { signal, emit }) {
      for (const event of first) emit(event);
      if (signal.aborted) return null;
      windows.add(emit);
      try {
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
      } finally {
        windows.delete(emit);
      }
      return null;
    },
  };
}
