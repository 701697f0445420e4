// Turns work that reports through a callback into a StageRun: pipelines with several things under way cannot yield.
import type { EventSink, StageEvent, StageRun } from './stage-events.ts';

/**
 * Runs `work` and yields the events that it emits, in order; returns its result or throws its error after the last event.
 * When the consumer stops early, `signal` is aborted and the work is waited for, so that it can clean up.
 */
export async function* runWithEvents<Output>(
  work: (emit: EventSink, signal: AbortSignal) => Promise<Output>,
  signal?: AbortSignal,
): StageRun<Output> {
  const stop = new AbortController();
  const stopWithCaller = () => stop.abort(signal?.reason);
  if (signal?.aborted) stopWithCaller();
  signal?.addEventListener('abort', stopWithCaller, { once: true });
  const events: StageEvent[] = [];
  let wake = () => {};
  let ended = false;
  const result = work((event) => {
    events.push(event);
    wake();
  }, stop.signal).finally(() => {
    ended = true;
    wake();
  });
  // Awaited below; until then a failure must not count as unhandled.
  result.catch(() => undefined);
  try {
    for (;;) {
      const event = events.shift();
      if (event !== undefined) yield event;
      else if (ended) return await result;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', stopWithCaller);
    if (!ended) {
      stop.abort();
      await result.catch(() => undefined);
    }
  }
}
