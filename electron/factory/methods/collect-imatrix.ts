// `collectImatrix` and `describeImatrix`: llama-imatrix.
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { checkPlace, partialPathOf } from '#src/io/output-file.ts';
import { takeOutputLock } from '#src/io/output-lock.ts';
import { checkNotInput } from '#src/io/same-file.ts';
import { inputFiles } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { collectMatrix } from '../imatrix/collect-matrix.ts';
import { describeMatrix, finishMatrix } from '../imatrix/finish-matrix.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';

export const collectImatrix: Handlers<FactoryContract>['collectImatrix'] = async (
  params,
  { signal, emit },
) => {
  const start = performance.now();
  const path = resolve(params.output);
  const statePath = partialPathOf(path);
  const model = params.model === undefined ? [] : await inputFiles(params.model.path, 'base');
  const inputs = [...model, ...params.inputs, ...params.texts.flatMap(({ paths }) => paths)];
  await checkNotInput([path, statePath], inputs);
  await checkPlace(path, params.overwrite);
  const lock = await takeOutputLock(`${statePath}.lock`, path);
  const stopLog = params.texts.length === 0 ? () => {} : forwardNativeLog(nativeLibrary(), emit);
  try {
    const matrix = await collectMatrix({ params, statePath, signal, emit });
    emit({ event: 'phase', phase: 'Writing', detail: path });
    const { overwrite, floor } = params;
    const description = await finishMatrix(path, matrix, { overwrite, floor });
    await rm(statePath, { force: true });
    for (const message of description.notices) emit({ event: 'notice', level: 'warning', message });
    const { bytes, sha256 } = description;
    emit({ event: 'artifact', path, bytes, sha256 });
    return { ...description, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    // What the files are to blame for would end the same way again; anything else is gone on with.
    const isFinal = error instanceof StudioError && error.kind === 'input' && !isAbort(error);
    if (isFinal && error.code !== 'output/exists') await rm(statePath, { force: true });
    throw error;
  } finally {
    stopLog();
    await lock.release();
  }
};

export const describeImatrix: Handlers<FactoryContract>['describeImatrix'] = ({ path }) =>
  describeMatrix(path);
