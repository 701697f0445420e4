// Work as a job of the shared list, for those that run it and wait: the command line and scripts. A list that cannot be
// written (a full or read-only disk) is no reason not to work.
import type { JobResult } from '#src/contract/jobs.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openJobStore, type JobStore, type NewJob } from '#src/io/job-store.ts';
import { recordJob, type JobWork, type RecordedJob } from './record-job.ts';

export interface RecordOrRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when the work is not recorded. */
  readonly onNotice?: ((event: StageEvent) => void) | undefined;
  readonly store?: JobStore | undefined;
}

/** Runs work as a job and gives its result. Throws what the work throws. */
export async function recordOrRun<Result extends JobResult>(
  job: NewJob,
  work: JobWork<Result>,
  { signal, onNotice, store = openJobStore() }: RecordOrRunOptions = {},
): Promise<Result> {
  let recorded: RecordedJob<Result>;
  try {
    recorded = await recordJob(store, job, work, { signal });
  } catch (error) {
    // Adding to the list looks at nothing but the list: whatever is wrong is wrong with that.
    if (!(error instanceof StudioError)) throw error;
    const message = `This ${job.kind} is not in the list of jobs: ${error.message}`;
    onNotice?.({ event: 'notice', level: 'warning', message });
    return work(() => undefined, signal ?? new AbortController().signal);
  }
  return recorded.finished;
}
