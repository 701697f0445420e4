// A build as a job of the shared list, for those that run it and wait: the command line and scripts.
import { buildParamsSchema, type BuildParams, type BuildResult } from '#src/contract/build.ts';
import type { NewJob } from '#src/io/job-store.ts';
import type { JobWork } from './record-job.ts';
import { recordOrRun, type RecordOrRunOptions } from './record-or-run.ts';

export interface BuildToRecord {
  readonly title: string;
  readonly origin: NewJob['origin'];
  readonly recipePath?: string | undefined;
  /** The line of the command line that asks for it. */
  readonly command?: string | undefined;
  readonly params: BuildParams;
}

/** What the list shows of a build, and what running it again needs. */
export function buildJob({ title, origin, recipePath, command, params }: BuildToRecord): NewJob {
  return {
    kind: 'build',
    title,
    origin,
    folder: params.folder,
    recipePath,
    command,
    request: { kind: 'build', params: buildParamsSchema.parse(params) },
  };
}

/** Runs a build as a job and gives its result. Throws what the build throws. */
export function recordBuild(
  build: BuildToRecord,
  work: JobWork,
  options?: RecordOrRunOptions,
): Promise<BuildResult> {
  return recordOrRun(buildJob(build), work, options);
}
