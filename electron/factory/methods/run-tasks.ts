// `runTasks`: questions with known answers, asked of files.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { runTasks as run } from '../tasks/run-tasks.ts';

export const runTasks: Handlers<FactoryContract>['runTasks'] = async (params, context) => ({
  tasks: await run(params, context),
});
