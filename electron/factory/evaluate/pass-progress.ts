// Tells how far a measurement is: a phase per model and text, chunks within it, and the time that everything takes.
import type { EventSink } from '#src/contract/stage-events.ts';
import { formatDuration } from '#src/text/format-number.ts';

export interface PassProgress {
  /** A pass of `chunks` chunks, of which some were there already. */
  begin(what: string, chunks: number, there: number): void;
  /** A chunk of the pass is finished. */
  tick(): void;
}

/** Seconds of measuring before a time is told. */
const warmUpSeconds = 2;

/** `totalChunks` are those of all passes that have to be computed. */
export function createPassProgress(
  emit: EventSink,
  {
    passes,
    totalChunks,
    onChunk,
  }: {
    passes: number;
    totalChunks: number;
    /** Told how many chunks are computed, of all that have to be. */
    onChunk?: ((done: number, total: number) => void) | undefined;
  },
  now = () => performance.now() / 1000,
): PassProgress {
  const start = now();
  let pass = 0;
  let computed = 0;
  let done = 0;
  let total = 0;
  const report = () => {
    const seconds = now() - start;
    const left = computed === 0 ? 0 : (seconds / computed) * (totalChunks - computed);
    const time =
      seconds < warmUpSeconds || computed === 0 ? '' : `, ${formatDuration(left)} left in all`;
    const detail = `pass ${pass} of ${passes}${time}`;
    emit({ event: 'progress', done, total, unit: 'steps', detail });
  };
  return {
    begin(what, chunks, there) {
      pass++;
      done = there;
      total = chunks;
      emit({ event: 'phase', phase: 'Measuring', detail: what });
      report();
    },
    tick() {
      done++;
      computed++;
      report();
      onChunk?.(computed, totalChunks);
    },
  };
}
