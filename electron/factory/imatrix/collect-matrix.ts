// Collects an importance matrix: matrices that are merged in, then the texts, chunk after chunk, kept now and then.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ImatrixParams } from '#src/contract/quality/imatrix.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import {
  countChunks,
  type ImatrixEntry,
  type ImatrixSums,
} from '#src/formats/imatrix/imatrix-sums.ts';
import { readImatrixSums } from '#src/formats/imatrix/read-imatrix-sums.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { createSquaredSumsKernel } from '#src/kernels/squared-sums-kernel.ts';
import { addStored } from '#src/stages/imatrix/merge-sums.ts';
import { adapterFiles } from '../evaluate/adapter-files.ts';
import { refuseBeyondPositions, trainedContext } from '../evaluate/context-limit.ts';
import { describeMeasured, type MeasuredModel } from '../evaluate/measured-model.ts';
import { openBackend } from '../evaluate/measuring-backend.ts';
import { convertTemporarily } from '../evaluate/temporary-model.ts';
import type { LlamaLibrary } from '../ffi/llama-library.types.ts';
import { nativeLibrary } from '../native-library.ts';
import { createActivationCollector } from './activation-collector.ts';
import { CalibrationModel, chunksSideBySide } from './calibration-model.ts';
import {
  cutIntoChunks,
  planCalibration,
  readTexts,
  type CalibrationBatch,
} from './calibration-texts.ts';
import { readImatrixState, writeImatrixState } from './imatrix-state.ts';

interface Job {
  readonly params: ImatrixParams;
  /** Where the unfinished matrix is kept. */
  readonly statePath: string;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** What is kept is at least this old, however few chunks that are. */
const longestUnkept = 60;
/** Keeping may take at most this share of the time. */
const keepingShare = 0.1;

/**
 * Merges and collects. Throws `usage/invalid` when there is nothing to do, `evaluation/text`, `evaluation/not-finite`,
 * `imatrix/invalid`, and what reading the model throws. The state stays when it is cancelled or the machine fails.
 */
export async function collectMatrix(job: Job): Promise<ImatrixSums> {
  const { params, emit, signal } = job;
  const { inputs, texts, contextSize } = params;
  const entries = new Map<string, ImatrixEntry>();
  const datasets: string[] = [];
  const plan = createHash('sha256');
  for (const path of inputs) {
    emit({ event: 'phase', phase: 'Adding in', detail: path });
    const source = await openFileByteSource(path);
    try {
      const stored = await readImatrixSums(source);
      addStored(entries, stored, contextSize, path);
      datasets.push(...stored.datasets);
    } finally {
      await source.close();
    }
    plan.update(`matrix ${await hashFile(path, { signal })}\n`);
  }
  datasets.push(...texts.map(({ title }) => title));
  const matrix = (sums: Map<string, ImatrixEntry>): ImatrixSums => ({
    entries: sums,
    datasets,
    chunkSize: contextSize,
    chunkCount: countChunks(sums, contextSize),
  });
  if (texts.length === 0) {
    if (inputs.length > 0) return matrix(entries);
    throw new StudioError('usage/invalid', 'There is neither a text nor a matrix to add in.', {
      hint: 'Give calibration text with -f, or matrices with --in-file.',
    });
  }
  return matrix(await collectTexts(job, entries, plan, matrix));
}

async function collectTexts(
  job: Job,
  merged: Map<string, ImatrixEntry>,
  plan: ReturnType<typeof createHash>,
  matrix: (entries: Map<string, ImatrixEntry>) => ImatrixSums,
): Promise<Map<string, ImatrixEntry>> {
  const { params, emit, signal } = job;
  if (params.model === undefined) {
    throw new StudioError('usage/invalid', 'There is text but no model to read it.', {
      hint: 'Give the model with -m.',
    });
  }
  const texts = await readTexts(params.texts);
  emit({ event: 'phase', phase: 'Reading', detail: params.model.path });
  const { path } = params.model;
  const model = await describeMeasured(
    { ...params.model, id: 'model', label: basename(path) || 'model', form: 'stock' },
    { signal },
  );
  refuseBeyondPositions(model, params.contextSize);
  warnOfContext(model, params.contextSize, emit);
  const library = nativeLibrary();
  openBackend(library, params.gpuLayers);
  const file = model.isFolder
    ? await convertTemporarily(path, { signal, emit, threads: params.threads })
    : undefined;
  try {
    const ggufPath = file?.path ?? model.path;
    const { batches, sideBySide } = await planBatches(ggufPath, texts, params, library);
    const chunks = batches.reduce((sum, batch) => sum + batch.chunks, 0);
    emit({ event: 'log', level: 'info', text: `${chunks} chunks, ${sideBySide} side by side` });
    describePlan(plan, params, model, texts, sideBySide);
    const planHash = plan.digest('hex');
    const { entries, steps } = await takeUp(job, planHash, merged);
    if (steps >= batches.length) return entries;
    const opened = await CalibrationModel.open(
      library,
      createActivationCollector({
        entries,
        kernel: createSquaredSumsKernel(),
        copy: (tensor, target, offset) => library.evaluation.copy(tensor, target, offset),
        processOutput: params.processOutput,
        signal,
      }),
      {
        ...params,
        path: ggufPath,
        label: model.subject.label,
        adapters: await adapterFiles(model, ggufPath, { signal, emit }),
        batchSize: Math.min(params.batchSize, Math.max(1, sideBySide) * params.contextSize),
        threads: params.threads ?? chooseThreads(model.subject.bytes),
      },
    );
    try {
      await readAll(opened, batches, steps, job, (done) =>
        writeImatrixState(job.statePath, matrix(entries), { plan: planHash, steps: done }),
      );
    } finally {
      opened.dispose();
    }
    return entries;
  } finally {
    await file?.remove();
  }
}

function warnOfContext(model: MeasuredModel, contextSize: number, emit: EventSink) {
  const trained = trainedContext(model);
  if (trained === undefined || contextSize <= trained) return;
  const message = `The model was trained on ${trained} tokens of context; chunks have ${contextSize}.`;
  emit({ event: 'notice', level: 'warning', message });
}

async function planBatches(
  path: string,
  texts: Awaited<ReturnType<typeof readTexts>>,
  params: ImatrixParams,
  library: LlamaLibrary,
): Promise<{ batches: readonly CalibrationBatch[]; sideBySide: number }> {
  const model = await library.models.load(path, { vocabularyOnly: true });
  try {
    const vocabulary = library.models.vocabulary(model);
    const sideBySide = chunksSideBySide(params, library.vocabulary.size(vocabulary));
    const cut = texts.map((text) => cutIntoChunks(text, library, vocabulary, params));
    return { batches: planCalibration(cut, sideBySide), sideBySide };
  } finally {
    library.models.free(model);
  }
}

/** Everything that decides the sums, but for rounding that differs between processors. */
function describePlan(
  plan: ReturnType<typeof createHash>,
  params: ImatrixParams,
  { subject, adapters }: MeasuredModel,
  texts: Awaited<ReturnType<typeof readTexts>>,
  sideBySide: number,
): void {
  const { contextSize, chunks, batchSize, microBatchSize, processOutput } = params;
  plan.update(`model ${subject.sha256}\n`);
  for (const { sha256, scale } of adapters) plan.update(`adapter ${sha256} ${scale}\n`);
  for (const { sha256, request } of texts) {
    plan.update(`text ${sha256} ${request.parseSpecial} ${JSON.stringify(request.title)}\n`);
  }
  plan.update(JSON.stringify({ contextSize, chunks, batchSize, microBatchSize, processOutput, sideBySide })); // prettier-ignore
}

/** The kept state of this very plan, or the beginning. */
async function takeUp(
  { statePath, emit }: Job,
  plan: string,
  merged: Map<string, ImatrixEntry>,
): Promise<{ entries: Map<string, ImatrixEntry>; steps: number }> {
  const state = await readImatrixState(statePath, plan);
  if (state === undefined) return { entries: merged, steps: 0 };
  const message =
    state === 'other'
      ? `${statePath} is of another run and is replaced.`
      : `Going on with ${statePath}.`;
  emit({ event: 'notice', level: 'info', message });
  return state === 'other' ? { entries: merged, steps: 0 } : state;
}

async function readAll(
  model: CalibrationModel,
  batches: readonly CalibrationBatch[],
  first: number,
  { params, emit, signal }: Job,
  keep: (steps: number) => Promise<void>,
): Promise<void> {
  const total = batches.reduce((sum, batch) => sum + batch.chunks, 0);
  let done = batches.slice(0, first).reduce((sum, batch) => sum + batch.chunks, 0);
  let keptAt = performance.now();
  let keepingTook = 0;
  let unkept = 0;
  emit({ event: 'phase', phase: 'Reading calibration text' });
  emit({ event: 'progress', done, total, unit: 'steps' });
  for (const [index, batch] of batches.entries()) {
    if (index < first) continue;
    signal.throwIfAborted();
    try {
      await model.read(batch);
    } catch (error) {
      // The computation was stopped in its middle: whatever it said about that, it was cancelled.
      if (signal.aborted && !isAbort(error)) signal.throwIfAborted();
      throw error;
    }
    signal.throwIfAborted();
    done += batch.chunks;
    unkept += batch.chunks;
    emit({ event: 'progress', done, total, unit: 'steps', detail: batch.text.title });
    const since = performance.now() - keptAt;
    const isDue = unkept >= params.outputFrequency || since >= longestUnkept * 1000;
    if (!isDue || keepingTook > since * keepingShare || done === total) continue;
    const start = performance.now();
    await keep(index + 1);
    keptAt = performance.now();
    keepingTook = keptAt - start;
    unkept = 0;
  }
}
