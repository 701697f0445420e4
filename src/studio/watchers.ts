// Every window's `watch` call: what changes is sent to all of them, so that several windows show the same.
import type { WatchEvent } from '#src/contract/studio/state.ts';
import type { CallContext } from '#src/rpc/server.ts';

export interface Watchers {
  send(event: WatchEvent): void;
  /**
   * Sends what `describe` gives, then everything that is sent, until the call is cancelled. What is sent while it is being
   * described comes after it: a window misses nothing.
   */
  watch(
    describe: () => Promise<readonly WatchEvent[]>,
    context: CallContext<WatchEvent>,
  ): Promise<null>;
  readonly count: number;
}

export function createWatchers(): Watchers {
  const windows = new Set<(event: WatchEvent) => void>();
  return {
    get count() {
      return windows.size;
    },
    send(event) {
      for (const take of windows) take(event);
    },
    async watch(describe, { signal, emit }) {
      const meanwhile: WatchEvent[] = [];
      let take: (event: WatchEvent) => void = (event) => void meanwhile.push(event);
      const window = (event: WatchEvent) => take(event);
      windows.add(window);
      try {
        for (const event of await describe()) emit(event);
        for (const event of meanwhile) emit(event);
        take = emit;
        await aborted(signal);
      } finally {
        windows.delete(window);
      }
      return null;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
