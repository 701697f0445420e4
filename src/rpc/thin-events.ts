// Progress may be reported for every row slab; a window or a terminal can use ten per second. Thinning happens where
// events leave a host. Only progress is thinned, that of the whole work and that of each step of a recipe; phases, changes
// of a step's state, notices, logs and artifacts all pass, in order.

export interface ThinEventsOptions {
  /** Shortest time between two progress events of one kind, in milliseconds. */
  readonly interval?: number;
  readonly now?: () => number;
}

export interface ThinnedSink<Event> {
  (event: Event): void;
  /** Sends the progress that is still held back. Call it when the work ends. */
  flush(): void;
}

/** Wraps a sink: of the progress events within an interval only the newest of each kind goes out. */
export function thinEvents<Event>(
  sink: (event: Event) => void,
  options: ThinEventsOptions = {},
): ThinnedSink<Event> {
  const interval = options.interval ?? 100;
  const now = options.now ?? (() => performance.now());
  let lastSent = Number.NEGATIVE_INFINITY;
  const held = new Map<string, Event>();
  /** Step -> its last state: only what changes nothing but figures may be left out. */
  const states = new Map<string, unknown>();

  const flush = () => {
    if (held.size === 0) return;
    const events = [...held.values()];
    held.clear();
    lastSent = now();
    for (const event of events) sink(event);
  };
  const kindOf = (event: unknown): string | undefined => {
    if (isProgress(event)) return 'progress';
    if (!isStep(event)) return undefined;
    const step = `step ${String(event.node)} ${String(event.level)}`;
    const isSame = event.state === 'running' && states.get(step) === 'running';
    states.set(step, event.state);
    return isSame ? step : undefined;
  };
  const thinned = (event: Event) => {
    const kind = kindOf(event);
    if (kind === undefined) {
      flush();
      sink(event);
      return;
    }
    held.set(kind, event);
    if (now() - lastSent >= interval) flush();
  };
  return Object.assign(thinned, { flush });
}

function isProgress(event: unknown): boolean {
  return (
    typeof event === 'object' && event !== null && 'event' in event && event.event === 'progress'
  );
}

function isStep(event: unknown): event is { node: unknown; level?: unknown; state: unknown } {
  return (
    typeof event === 'object' &&
    event !== null &&
    'event' in event &&
    event.event === 'step' &&
    'node' in event &&
    'state' in event
  );
}
