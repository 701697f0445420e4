// `evaluate`: measures subjects and writes a run.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runVersion, type Run } from '#src/contract/quality/run.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { measureSubjects } from '../evaluate/measure-subjects.ts';
import { openRunFolder } from '../evaluate/run-folder.ts';
import { tensorErrors } from '../evaluate/tensor-errors.ts';
import { nativeLibrary } from '../native-library.ts';

export const evaluate: Handlers<FactoryContract>['evaluate'] = async (params, context) => {
  const start = performance.now();
  const { signal, emit } = context;
  const { folder, id, title } = params;
  const output = await openRunFolder(folder, id);
  try {
    const measured = await measureSubjects({
      ...params,
      signal,
      emit,
      onMeasured: (pass) => output.write(pass),
    });
    const { reference, subjects, texts, measurements, conditions, notices } = measured;
    const errorOptions = { rows: nativeLibrary().rows, signal, emit };
    const run: Run = {
      version: runVersion,
      id,
      title,
      createdAt: Date.now(),
      conditions,
      references: [reference],
      referenceOf: Object.fromEntries(subjects.map((subject) => [subject.id, reference.id])),
      subjects: [...subjects],
      texts: [...texts],
      measurements: [...measurements],
      speed: [],
      tasks: [],
      tensors: params.tensorErrors ? await tensorErrors(reference, subjects, errorOptions) : [],
      matrix: [],
      notices: [...notices],
    };
    const path = await output.finish(run);
    return { path, run, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    await output.abandon();
    throw error;
  }
};
