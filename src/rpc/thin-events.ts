// Progress may be reported for every row slab; a window or a terminal can use ten per second. Thinning happens where
// events leave a host. Only progress is thinned: phases, notices, logs and artifacts all pass, in order.

export interface ThinEventsOptions {
  /** Shortest time between two progress events, in milliseconds. */
  readonly interval?: number;
  readonly now?: () => number;
}

export interface ThinnedSink<Event> {
  (event: Event): void;
  /** Sends the progress that is still held back. Call it when the work ends. */
  flush(): void;
}

/** Wraps a sink: of the progress events within an interval only the newest goes out. */
export function thinEvents<Event>(
  sink: (event: Event) => void,
  options: ThinEventsOptions = {},
): ThinnedSink<Event> {
  const interval = options.interval ?? 100;
  const now = options.now ?? (() => performance.now());
  let lastSent = Number.NEGATIVE_INFINITY;
  let held: { event: Event } | undefined;

  const flush = () => {
    if (held === undefined) return;
    const { event } = held;
    held = undefined;
    lastSent = now();
    sink(event);
  };
  const thinned = (event: Event) => {
    if (!isProgress(event)) {
      flush();
      sink(event);
      return;
    }
    held = { event };
    if (now() - lastSent >= interval) flush();
  };
  return Object.assign(thinned, { flush });
}

function isProgress(event: unknown): boolean {
  return (
    typeof event === 'object' && event !== null && 'event' in event && event.event === 'progress'
  );
}
