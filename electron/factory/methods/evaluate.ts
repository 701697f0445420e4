// `evaluate`: measures subjects on texts, asks them tasks, and writes a run.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runVersion, type Run } from '#src/contract/quality/run.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { isFolder } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { measureSubjects } from '../evaluate/measure-subjects.ts';
import { referenceFile } from '../evaluate/reference-file.ts';
import { openRunFolder } from '../evaluate/run-folder.ts';
import { tensorErrors } from '../evaluate/tensor-errors.ts';
import { nativeLibrary } from '../native-library.ts';
import { askedText, askGroup } from '../tasks/ask-group.ts';
import { readTaskFiles } from '../tasks/read-task-file.ts';

export const evaluate: Handlers<FactoryContract>['evaluate'] = async (params, context) => {
  const start = performance.now();
  const { signal, emit } = context;
  const { folder, id, title } = params;
  if (params.texts.length + params.tasks.length === 0) {
    throw new StudioError('usage/invalid', 'There is no text and no task to measure on.', {
      hint: 'Name a text, or a suite.',
    });
  }
  const output = await openRunFolder(folder, id);
  const { path: referencePath } = params.reference;
  const isReferenceFolder = await isFolder(referencePath);
  const file = referenceFile(
    { path: referencePath, isFolder: isReferenceFolder },
    { signal, emit, threads: params.threads },
  );
  try {
    const taskFiles = await readTaskFiles(params.tasks);
    const options = { ...params, signal, emit };
    const measured = await measureSubjects({
      ...options,
      // Who names the texts knows them better than the files do.
      lookForCalibration: params.calibrationTexts.length === 0,
      asked: taskFiles.map(askedText),
      referenceFile: file,
      onMeasured: (pass) => output.write(pass),
    });
    const { reference, subjects, texts, measurements, conditions, notices } = measured;
    const tasks = await askGroup(reference, file, subjects, taskFiles, options);
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
      tasks,
      tensors: params.tensorErrors ? await tensorErrors(reference, subjects, errorOptions) : [],
      matrix: [],
      notices: [...notices],
    };
    const path = await output.finish(run);
    return { path, run, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    await output.abandon();
    throw error;
  } finally {
    await file.remove();
  }
};
