// Measures subjects against a reference on texts, by llama-perplexity's protocol. In mode `reference` the reference runs once
// per text and leaves a small record of its predictions; in mode `full` both models run side by side. Every finished chunk is
// kept, so that a broken run goes on where it stopped.
import { availableParallelism } from 'node:os';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Conditions } from '#src/contract/quality/run.ts';
import type { MeasuredText, Subject } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { chunksPerBatch } from '#src/evaluation/chunk-plan.ts';
import { invariant } from '#src/errors/assert.ts';
import type { PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import { chooseReferenceSize, llamaLogitsBytes } from '#src/evaluation/reference/reference-size.ts';
import { summarize } from '#src/evaluation/statistics/summarize.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { keepCacheLimit } from '#src/io/cache-entries.ts';
import type { LlamaLibrary } from '../ffi/llama-library.types.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';
import { adapterFiles } from './adapter-files.ts';
import { chunksToScore, groupChunks, missingOf } from './chunk-groups.ts';
import { referenceShelf, scoresShelf, type Shelf, type ShelfConditions } from './chunk-shelves.ts';
import { EvaluationModel } from './evaluation-model.ts';
import type { MeasuredModel } from './measured-model.ts';
import { openBackend } from './measuring-backend.ts';
import { createPassProgress, type PassProgress } from './pass-progress.ts';
import {
  prepareMeasurement,
  type MeasurementRequest,
  type PreparedMeasurement,
} from './prepare-measurement.ts';
import type { TokenizedText } from './read-text.ts';
import { referenceFile, type ReferenceFile } from './reference-file.ts';
import { recordReference, scoreAgainst, scorePair } from './score-chunk.ts';
import { ScorePool } from './score-pool.ts';

export interface MeasureOptions extends MeasurementRequest {
  readonly threads?: number | undefined;
  readonly gpuLayers?: number | undefined;
  /** Measure again what the store has. */
  readonly fresh?: boolean | undefined;
  /** Keep chunks for later measurements; true when absent. */
  readonly keep?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** The reference's file of a caller that measures more with the same base; whoever made it removes it. */
  readonly referenceFile?: ReferenceFile | undefined;
  /** Gets every finished pass, subject after subject, text after text. */
  readonly onMeasured?: ((pass: MeasuredPass) => Promise<void> | void) | undefined;
  /** Told how many chunks are computed, of all that have to be; not called where all were kept. */
  readonly onChunk?: ((done: number, total: number) => void) | undefined;
}

export interface MeasuredPass {
  readonly subject: Subject;
  readonly text: TokenizedText;
  /** Put in place of each chunk's first token; -1 for none. */
  readonly startToken: number;
  /** In the text's order. */
  readonly chunks: readonly PositionScores[];
  readonly measurement: Measurement;
}

export interface MeasuredSubjects {
  readonly reference: Subject;
  readonly subjects: readonly Subject[];
  readonly texts: readonly MeasuredText[];
  /** Subject after subject, text after text. */
  readonly measurements: readonly Measurement[];
  readonly conditions: Conditions;
  readonly notices: readonly string[];
}

/** Equal for all runs, so that the same measurement gives the same figures. */
const samplingSeed = 1;

/** A subject on a text: what is there already, what has to be computed. */
interface Pass {
  readonly subject: MeasuredModel;
  readonly text: TokenizedText;
  readonly shelf: Shelf<PositionScores>;
  readonly chunks: (PositionScores | undefined)[];
}

interface BasePass {
  readonly text: TokenizedText;
  readonly shelf: Shelf<readonly ReferenceChunk[]>;
  /** Chunks that have to be computed. */
  readonly missing: readonly number[];
}

/** What all passes share. */
interface Bench {
  readonly options: MeasureOptions;
  readonly library: LlamaLibrary;
  readonly prepared: PreparedMeasurement;
  readonly pool: ScorePool;
  readonly file: ReferenceFile;
  readonly progress: PassProgress;
}

/**
 * Measures. Throws `evaluation/*` (texts, vocabularies, values that are not finite), `memory/short`, `native/failed`,
 * `adapter/*`, what reading the files throws, and `signal.reason` between two batches.
 */
export async function measureSubjects(asked: MeasureOptions): Promise<MeasuredSubjects> {
  const { signal, emit } = asked;
  const library = nativeLibrary();
  const stopLog = forwardNativeLog(library, emit);
  try {
    const gpuLayers = asked.gpuLayers ?? 0;
    const backend = openBackend(library, gpuLayers);
    const prepared = await prepareMeasurement(asked, library, { signal, emit });
    const options = { ...asked, contextSize: prepared.contextSize };
    const { reference } = prepared;
    const referenceSize = chooseReferenceSize(reference.vocabulary.size);
    const conditions: ShelfConditions = {
      contextSize: options.contextSize,
      gpuLayers,
      backend,
      referenceSize,
      mode: options.mode,
      seed: samplingSeed,
      keep: options.keep ?? true,
    };
    const passes = await findPasses(prepared, conditions, options);
    const basePasses = await findBasePasses(prepared, passes, conditions, options);
    const measured = await runPasses(passes, basePasses, prepared, options, library);
    const notices = noticesOf(passes, basePasses);
    for (const message of notices) emit({ event: 'notice', level: 'warning', message });
    if (conditions.keep) await keepCacheLimit().catch(() => 0);
    const isSampled = options.mode === 'reference';
    return {
      reference: reference.subject,
      subjects: prepared.subjects.map(({ subject }) => subject),
      texts: prepared.texts.map((text) => text.measured),
      measurements: measured,
      conditions: {
        contextSize: options.contextSize,
        ...backend,
        gpuLayers,
        threads: threadsFor(reference, options),
        mode: options.mode,
        ...(isSampled ? { ...referenceSize, ...(await referenceSizes(basePasses, prepared)) } : {}),
      },
      notices,
    };
  } finally {
    stopLog();
  }
}

async function findPasses(
  { reference, subjects, texts }: PreparedMeasurement,
  conditions: ShelfConditions,
  { fresh = false, signal }: MeasureOptions,
): Promise<Pass[]> {
  const passes: Pass[] = [];
  for (const subject of subjects) {
    for (const text of texts) {
      const shelf = await scoresShelf(subject, reference, text, conditions);
      const chunks: (PositionScores | undefined)[] = [];
      for (let index = 0; index < text.measured.chunks; index++) {
        signal.throwIfAborted();
        chunks.push(fresh ? undefined : await shelf.read(index));
      }
      passes.push({ subject, text, shelf, chunks });
    }
  }
  return passes;
}

/** The reference is computed for chunks that some subject still has to be compared on. */
async function findBasePasses(
  { reference, texts }: PreparedMeasurement,
  passes: readonly Pass[],
  conditions: ShelfConditions,
  { fresh = false, signal }: MeasureOptions,
): Promise<BasePass[]> {
  if (conditions.mode === 'full') return [];
  const found: BasePass[] = [];
  for (const text of texts) {
    const shelf = await referenceShelf(reference, text, conditions);
    const ofText = passes.filter((pass) => pass.text === text);
    const missing: number[] = [];
    for (let index = 0; index < text.measured.chunks; index++) {
      signal.throwIfAborted();
      const isNeeded = ofText.some(({ chunks }) => chunks[index] === undefined);
      if (isNeeded && (fresh || (await shelf.read(index)) === undefined)) missing.push(index);
    }
    found.push({ text, shelf, missing });
  }
  return found;
}

async function runPasses(
  passes: readonly Pass[],
  basePasses: readonly BasePass[],
  prepared: PreparedMeasurement,
  options: MeasureOptions,
  library: LlamaLibrary,
): Promise<Measurement[]> {
  const { reference } = prepared;
  const missing = [
    ...basePasses.map((pass) => pass.missing.length),
    ...passes.map(({ chunks }) => missingOf(chunks).length),
  ];
  const progress = createPassProgress(options.emit, {
    passes: missing.filter((count) => count > 0).length,
    totalChunks: missing.reduce((sum, count) => sum + count, 0),
    onChunk: options.onChunk,
  });
  const pool = new ScorePool({
    threads: options.threads ?? availableParallelism(),
    vocabularySize: reference.vocabulary.size,
    seed: samplingSeed,
  });
  const file = options.referenceFile ?? referenceFile(reference, options);
  const bench: Bench = { options, library, prepared, pool, file, progress };
  try {
    await computeBase(basePasses, bench);
    return await computeSubjects(passes, basePasses, bench);
  } finally {
    await pool.dispose();
    if (options.referenceFile === undefined) await file.remove();
  }
}

async function computeBase(basePasses: readonly BasePass[], bench: Bench): Promise<void> {
  if (basePasses.every(({ missing }) => missing.length === 0)) return;
  const { reference } = bench.prepared;
  const model = await openReference(bench);
  try {
    for (const { text, shelf, missing } of basePasses) {
      if (missing.length === 0) continue;
      const { title, chunks } = text.measured;
      bench.progress.begin(
        `${reference.subject.label} on ${title}`,
        chunks,
        chunks - missing.length,
      );
      for (const group of groupChunks(missing, bench.options.contextSize)) {
        const chunks = chunksToScore(text, group, { ...bench.options, pool: bench.pool });
        const recorded = await recordReference(model, reference.subject.label, chunks);
        for (const [at, index] of group.entries()) {
          await shelf.write(index, recorded[at] ?? []);
          bench.progress.tick();
        }
      }
    }
  } finally {
    model.dispose();
  }
}

async function computeSubjects(
  passes: readonly Pass[],
  basePasses: readonly BasePass[],
  bench: Bench,
): Promise<Measurement[]> {
  const isFull = bench.options.mode === 'full';
  const needsReference = isFull && passes.some(({ chunks }) => missingOf(chunks).length > 0);
  const base = needsReference ? await openReference(bench) : undefined;
  try {
    const measurements: Measurement[] = [];
    for (const subject of bench.prepared.subjects) {
      const own = passes.filter((pass) => pass.subject === subject);
      const isMissing = own.some(({ chunks }) => missingOf(chunks).length > 0);
      const model = isMissing ? await openSubject(subject, bench) : undefined;
      try {
        for (const pass of own) {
          const reference = basePasses.find(({ text }) => text === pass.text)?.shelf;
          const seconds = await computePass(pass, { model, base, reference }, bench);
          measurements.push(await finishPass(pass, seconds, bench));
        }
      } finally {
        model?.dispose();
      }
    }
    return measurements;
  } finally {
    base?.dispose();
  }
}

interface PassModels {
  /** Absent when nothing of the subject is missing. */
  readonly model: EvaluationModel | undefined;
  /** Mode `full`. */
  readonly base: EvaluationModel | undefined;
  /** Mode `reference`. */
  readonly reference: Shelf<readonly ReferenceChunk[]> | undefined;
}

/** Gives the seconds where the whole pass was computed now. */
async function computePass(
  { subject, text, shelf, chunks }: Pass,
  { model, base, reference }: PassModels,
  bench: Bench,
): Promise<number | undefined> {
  const missing = missingOf(chunks);
  if (missing.length === 0 || model === undefined) return undefined;
  const { label } = subject.subject;
  const { title, chunks: count } = text.measured;
  bench.progress.begin(`${label} on ${title}`, count, count - missing.length);
  const start = performance.now();
  for (const group of groupChunks(missing, bench.options.contextSize)) {
    const toScore = chunksToScore(text, group, { ...bench.options, pool: bench.pool });
    const parts = await Promise.all(
      group.map(async (index) => (await reference?.read(index)) ?? []),
    );
    const scored =
      base === undefined
        ? await scoreAgainst(model, label, parts, toScore)
        : await scorePair(
            { model: base, label: bench.prepared.reference.subject.label },
            { model, label },
            toScore,
          );
    for (const [at, index] of group.entries()) {
      const scores = scored[at];
      invariant(scores !== undefined, 'every chunk of a group was scored');
      chunks[index] = scores;
      await shelf.write(index, scores);
      bench.progress.tick();
    }
  }
  const seconds = (performance.now() - start) / 1000;
  return missing.length === count ? seconds : undefined;
}

async function finishPass(
  { subject: { subject }, text, chunks }: Pass,
  seconds: number | undefined,
  { options, prepared }: Bench,
): Promise<Measurement> {
  const finished = chunks.flatMap((chunk) => (chunk === undefined ? [] : [chunk]));
  const summary = summarize({ subject: subject.id, text: text.measured.id, chunks: finished });
  const measurement = seconds === undefined ? summary : { ...summary, seconds };
  await options.onMeasured?.({
    subject,
    text,
    startToken: prepared.startToken,
    chunks: finished,
    measurement,
  });
  return measurement;
}

async function openReference(bench: Bench): Promise<EvaluationModel> {
  return openModel(bench.prepared.reference, await bench.file.path(), bench);
}

function openSubject(subject: MeasuredModel, bench: Bench): Promise<EvaluationModel> {
  return openModel(subject, subject.path, bench);
}

async function openModel(
  model: MeasuredModel,
  path: string,
  { options, library }: Bench,
): Promise<EvaluationModel> {
  const { label } = model.subject;
  options.signal.throwIfAborted();
  const adapters = await adapterFiles(model, path, options);
  options.emit({ event: 'phase', phase: 'Loading', detail: label });
  return EvaluationModel.open(library, {
    label,
    path,
    adapters,
    contextSize: options.contextSize,
    chunksAtOnce: chunksPerBatch(options.contextSize),
    threads: threadsFor(model, options),
    gpuLayers: options.gpuLayers ?? 0,
  });
}

/** Of the model that computes; a folder's files are as large as its conversion. */
function threadsFor({ subject }: MeasuredModel, { threads }: MeasureOptions): number {
  return threads ?? chooseThreads(subject.bytes);
}

/** Size of what is kept of the reference, and its share of llama.cpp's logits file for the same positions. */
async function referenceSizes(
  basePasses: readonly BasePass[],
  { reference, texts }: PreparedMeasurement,
): Promise<{ referenceBytes: number; referenceShare: number }> {
  let referenceBytes = 0;
  for (const { shelf, text } of basePasses)
    referenceBytes += await shelf.bytes(text.measured.chunks);
  const scored = texts.reduce((sum, { measured }) => sum + measured.scoredTokens, 0);
  const theirs = scored * llamaLogitsBytes(reference.vocabulary.size);
  return { referenceBytes, referenceShare: theirs === 0 ? 0 : referenceBytes / theirs };
}

function noticesOf(passes: readonly Pass[], basePasses: readonly BasePass[]): string[] {
  const damaged = [...passes, ...basePasses].reduce((sum, { shelf }) => sum + shelf.damaged, 0);
  if (damaged === 0) return [];
  return [`${damaged} kept chunks were damaged; they were measured again.`];
}
