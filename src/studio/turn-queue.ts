// Builds take turns: one uses every core and much of the memory, two at once would only be slower. First come, first served.

export interface Turn {
  /** Resolves when everything before has left; rejects with `signal.reason`. */
  wait(signal: AbortSignal): Promise<void>;
  /** Ends the turn, or gives up waiting for it. */
  leave(): void;
}

export interface TurnQueue {
  /** Takes the next place. */
  enter(): Turn;
}

export function createTurnQueue(): TurnQueue {
  const places: { start: () => void }[] = [];
  const startFirst = () => places[0]?.start();
  return {
    enter() {
      let start = () => {};
      const started = new Promise<void>((resolve) => (start = resolve));
      const place = { start };
      places.push(place);
      startFirst();
      return {
        wait: (signal) =>
          new Promise((resolve, reject) => {
            const stop = () => reject(signal.reason as Error);
            if (signal.aborted) return stop();
            signal.addEventListener('abort', stop, { once: true });
            void started.then(() => {
              signal.removeEventListener('abort', stop);
              resolve();
            });
          }),
        leave() {
          const index = places.indexOf(place);
          if (index < 0) return;
          places.splice(index, 1);
          startFirst();
        },
      };
    },
  };
}
