// Speed and time left from progress events: the mean over the last seconds, so that a slow start is forgotten.

/** Seconds that the mean reaches back. */
const windowSeconds = 15;
/** Before this much time the figures jump about and are not shown. */
const warmUpSeconds = 1;

export interface RateMeter {
  /** Records that `done` of `total` is done at `now` (seconds). Starts anew when `done` falls. */
  record(done: number, total: number, now: number): void;
  /** Units per second, when known. */
  rate(): number | undefined;
  /** Seconds left, when known. */
  secondsLeft(): number | undefined;
}

export function createRateMeter(): RateMeter {
  let samples: { done: number; now: number }[] = [];
  let total = 0;
  const rate = () => {
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const seconds = last.now - first.now;
    return seconds < warmUpSeconds ? undefined : (last.done - first.done) / seconds;
  };
  return {
    record(done, newTotal, now) {
      const last = samples.at(-1);
      if (last !== undefined && done < last.done) samples = [];
      total = newTotal;
      samples.push({ done, now });
      // Keep one sample older than the window, so that the mean spans it wholly.
      while (samples.length > 2 && (samples[1]?.now ?? now) <= now - windowSeconds) samples.shift();
    },
    rate,
    secondsLeft() {
      const speed = rate();
      const last = samples.at(-1);
      if (speed === undefined || speed <= 0 || last === undefined) return undefined;
      return (total - last.done) / speed;
    },
  };
}
