// What of a family is loaded and asked, for whoever shows it: looked at after every request and, while somebody looks, every
// few seconds, because parents also leave on their own.
import type { ServedState } from '#src/contract/serving.ts';
import type { FamilyState } from './family.ts';

const interval = 3_000;

export interface FamilyWatch {
  /** A request began; call the result when it ended. */
  begin(): () => void;
  look(): void;
  state(): FamilyState;
  listen(listener: (state: FamilyState) => void): () => void;
  end(): void;
}

export function watchFamily(describe: () => Promise<readonly ServedState[]>): FamilyWatch {
  const listeners = new Set<(state: FamilyState) => void>();
  let loaded: readonly ServedState[] = [];
  let open = 0;
  let done = 0;
  let told = '';
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let lookAgain = false;

  const state = (): FamilyState => {
    const waiting = Math.min(
      open,
      loaded.reduce((sum, parent) => sum + parent.waiting, 0),
    );
    return { loaded, requests: { running: open - waiting, waiting, done } };
  };
  const tell = () => {
    const now = state();
    const text = JSON.stringify(now);
    if (text === told) return;
    told = text;
    for (const listener of listeners) listener(now);
  };
  const look = () => {
    lookAgain = true;
    if (isLooking) return;
    isLooking = true;
    void (async () => {
      while (lookAgain) {
        lookAgain = false;
        // An engine that ended holds nothing.
        loaded = await describe().catch(() => []);
        tell();
      }
      isLooking = false;
    })();
  };
  return {
    begin() {
      open++;
      tell();
      if (listeners.size > 0) look();
      return () => {
        open--;
        done++;
        tell();
        if (listeners.size > 0) look();
      };
    },
    look,
    state,
    listen(listener) {
      listeners.add(listener);
      timer ??= setInterval(look, interval).unref();
      listener(state());
      look();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    end() {
      listeners.clear();
      clearInterval(timer);
    },
  };
}
