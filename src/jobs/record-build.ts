// A build as a job of the shared list, for those that run it and wait: the command line and scripts. A list that cannot be
// written (a full or read-only disk) is no reason not to build.
import { buildParamsSchema, type BuildParams, type BuildResult } from '#src/contract/build.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openJobStore, type JobStore, type NewJob } from '#src/io/job-store.ts';
import { recordJob, type JobWork, type RecordedJob } from './record-job.ts';

export interface BuildToRecord {
  readonly title: string;
  readonly origin: NewJob['origin'];
  readonly recipePath?: string | undefined;
  readonly params: BuildParams;
}

export interface RecordBuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when the build is not recorded. */
  readonly onNotice?: ((event: StageEvent) => void) | undefined;
  readonly store?: JobStore | undefined;
}

/** What the list shows of a build, and what running it again needs. */
export function buildJob({ title, origin, recipePath, params }: BuildToRecord): NewJob {
  return {
    kind: 'build',
    title,
    origin,
    folder: params.folder,
    recipePath,
    request: { kind: 'build', params: buildParamsSchema.parse(params) },
  };
}

/** Runs a build as a job and gives its result. Throws what the build throws. */
export async function recordBuild(
  build: BuildToRecord,
  work: JobWork,
  { signal, onNotice, store = openJobStore() }: RecordBuildOptions = {},
): Promise<BuildResult> {
  let job: RecordedJob;
  try {
    job = await recordJob(store, buildJob(build), work, { signal });
  } catch (error) {
    // Adding to the list looks at nothing but the list: whatever is wrong is wrong with that.
    if (!(error instanceof StudioError)) throw error;
    const message = `This build is not in the list of jobs: ${error.message}`;
    onNotice?.({ event: 'notice', level: 'warning', message });
    return work(() => undefined, signal ?? new AbortController().signal);
  }
  return job.finished;
}
