// Runs work as a job of the shared store: the command line, scripts and the window all record through here, so that one
// list shows the same of each. The record follows the work and never decides how it ends.
import type { BuildResult } from '#src/contract/build.ts';
import type { JobResult } from '#src/contract/jobs.ts';
import type { EventSink, StageEvent } from '#src/contract/stage-events.ts';
import { isAbort, StudioError, toWireError } from '#src/errors/studio-error.ts';
import { atRest, type JobRecord } from '#src/io/job-store-files.ts';
import type { JobWriter } from '#src/io/job-store-writer.ts';
import type { JobStore, NewJob } from '#src/io/job-store.ts';
import { createJobProgress } from './job-progress.ts';

/** The work: reports events and ends when `signal` is aborted. A StageRun is `(emit, signal) => runToEnd(run, emit)`. */
export type JobWork<Result extends JobResult = BuildResult> = (
  emit: EventSink,
  signal: AbortSignal,
) => Promise<Result>;

export interface RecordOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal | undefined;
  /** Gets every event, not thinned. */
  readonly onEvent?: EventSink | undefined;
  /** Where jobs take turns: the job stays `queued` until this resolves. */
  readonly waitForTurn?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

export interface RecordedJob<Result extends JobResult = BuildResult> {
  readonly id: string;
  /** Ends as the work ends, after its end is recorded. */
  readonly finished: Promise<Result>;
  cancel(): void;
}

/**
 * Adds a job (or takes an ended one up again) and starts its work. Resolves as soon as the job is in the store; throws
 * what adding throws, and the work has not begun then. A job ends `cancelled` when `signal` or `cancel` ended it or another
 * process asked for it (JobStore.requestCancel), `interrupted` when `signal` says that its caller is gone, `failed` on any
 * other error.
 */
export async function recordJob<Result extends JobResult>(
  store: JobStore,
  job: NewJob | { readonly again: string },
  work: JobWork<Result>,
  options: RecordOptions = {},
): Promise<RecordedJob<Result>> {
  const writer = await ('again' in job ? store.reopen(job.again) : store.create(job));
  // The list is kept short by those who add to it; a failure to do so is the next one's to repeat.
  void store.prune().catch(() => undefined);
  const stop = new AbortController();
  // Node 18 of older Electrons has no AbortSignal.any.
  const cancel = () => stop.abort(cancelled());
  const givenSignal = options.signal;
  const stopWithCaller = () => stop.abort(givenSignal?.reason);
  writer.cancelRequested.addEventListener('abort', cancel, { once: true });
  givenSignal?.addEventListener('abort', stopWithCaller, { once: true });
  if (givenSignal?.aborted === true) stopWithCaller();
  const finished = follow(writer, work, stop.signal, options).finally(() =>
    givenSignal?.removeEventListener('abort', stopWithCaller),
  );
  // The caller awaits it; until then a failure must not count as unhandled.
  finished.catch(() => undefined);
  return { id: writer.id, finished, cancel };
}

async function follow<Result extends JobResult>(
  writer: JobWriter,
  work: JobWork<Result>,
  signal: AbortSignal,
  { onEvent, waitForTurn }: RecordOptions,
): Promise<Result> {
  const progress = createJobProgress();
  const emit = (event: StageEvent) => {
    writer.event(event);
    if (progress.take(event)) writer.update(sightOf(progress.sight()));
    onEvent?.(event);
  };
  try {
    signal.throwIfAborted();
    await waitForTurn?.(signal);
    signal.throwIfAborted();
    writer.update({ state: 'running', startedAt: Date.now() });
    const result = await work(emit, signal);
    end(writer, { state: 'done', result, phase: undefined, progress: undefined });
    return result;
  } catch (error) {
    if (signal.aborted || isAbort(error)) {
      // Nobody cancelled: the program that ran it was closed.
      const isClosing = isCallerGone(signal.reason);
      end(writer, { state: isClosing ? 'interrupted' : 'cancelled' });
      throw isAbort(error) && error instanceof StudioError ? error : cancelled(error);
    }
    const { code, message, hint } = toWireError(error);
    end(writer, {
      state: 'failed',
      error: { code, message, ...(hint === undefined ? {} : { hint }) },
    });
    throw error;
  } finally {
    await writer.close();
  }
}

type Changes = Parameters<JobWriter['update']>[0];

/** What is absent now was ended by the next phase. */
function sightOf({
  phase,
  progress,
  steps,
  notices,
}: ReturnType<ReturnType<typeof createJobProgress>['sight']>): Changes {
  return { phase, progress, steps, notices };
}

function end(writer: JobWriter, changes: Changes): void {
  const { steps, progress }: Pick<JobRecord, 'steps' | 'progress'> = atRest(writer.record);
  writer.update({ steps, progress, ...changes, endedAt: Date.now() });
}

function isCallerGone(reason: unknown): boolean {
  return reason instanceof StudioError && reason.details['callerGone'] === true;
}

function cancelled(cause?: unknown): StudioError {
  return new StudioError('cancelled', 'Cancelled.', {
    hint: 'Nothing half-written has a final name; running it again goes on where it stopped.',
    ...(cause === undefined ? {} : { cause }),
  });
}
