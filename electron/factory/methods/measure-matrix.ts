// `measureMatrix`: the adapter × level matrix, as a run.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runVersion, type Run } from '#src/contract/quality/run.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { openRunFolder } from '../evaluate/run-folder.ts';
import { measureMatrix as measure } from '../matrix/measure-matrix.ts';

export const measureMatrix: Handlers<FactoryContract>['measureMatrix'] = async (
  params,
  { signal, emit },
) => {
  const start = performance.now();
  const { folder, id, title } = params;
  const output = await openRunFolder(folder, id);
  try {
    const measured = await measure(params, {
      signal,
      emit,
      onMeasured: (pass) => output.write(pass),
    });
    const run: Run = {
      version: runVersion,
      id,
      title,
      createdAt: Date.now(),
      ...measured,
      speed: [],
      tasks: [],
      tensors: [],
    };
    const path = await output.finish(run);
    return { path, run, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    await output.abandon();
    throw error;
  }
};
