// A build in the factory as the work of a job: the host shows its events, and the job hears the same ones.
import type { BuildParams } from '#src/contract/build.ts';
import type { JobWork } from '#src/jobs/record-job.ts';
import type { CommandContext } from './command.ts';

export function factoryBuild({ factory }: CommandContext, params: BuildParams): JobWork {
  return (emit, signal) => factory('build', params, { signal, onEvent: emit });
}
