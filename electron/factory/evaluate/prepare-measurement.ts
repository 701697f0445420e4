// Everything that a measurement needs to know before the first model computes: texts as tokens, models that fit together,
// enough memory. What is wrong is told here, not after an hour.
import type {
  ReferenceRequest,
  SubjectRequest,
  TextRequest,
} from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { batchTokens, chunksPerBatch } from '#src/evaluation/chunk-plan.ts';
import { findOverlap, type NamedText } from '#src/evaluation/suites/find-overlap.ts';
import { estimateMemory } from '#src/stages/library/memory-estimate.ts';
import { formatBytes } from '#src/text/format-number.ts';
import type { LlamaLibrary, ModelHandle } from '../ffi/llama-library.types.ts';
import { availableMemory } from '../methods/describe-machine.ts';
import {
  checkStartToken,
  checkVocabularies,
  describeMeasured,
  type MeasuredModel,
} from './measured-model.ts';
import { contextWithin } from './context-limit.ts';
import { knownCalibration } from './known-calibration.ts';
import { readText, tokenizeText, type ReadText, type TokenizedText } from './read-text.ts';
import { writeVocabulary } from './temporary-model.ts';

export interface MeasurementRequest {
  readonly reference: ReferenceRequest;
  readonly subjects: readonly SubjectRequest[];
  readonly texts: readonly TextRequest[];
  readonly contextSize: number;
  readonly chunks?: number | undefined;
  readonly mode: 'reference' | 'full';
  /** What else is asked (tasks): must not be in a calibration text either. */
  readonly asked?: readonly NamedText[] | undefined;
  /** Files that something here was calibrated on; a shared line refuses the measurement. */
  readonly calibrationTexts?: readonly string[] | undefined;
  /** Look also for the texts that the subjects' importance matrices name. */
  readonly lookForCalibration?: boolean | undefined;
}

export interface PreparedMeasurement {
  /** Tokens of a chunk: what was asked, at most every model's trained window. */
  readonly contextSize: number;
  readonly reference: MeasuredModel;
  readonly subjects: readonly MeasuredModel[];
  readonly texts: readonly TokenizedText[];
  /** Put in place of each chunk's first token; -1 for none. */
  readonly startToken: number;
}

/** The reference's id in a run. */
export const referenceId = 'reference';

/** Throws `evaluation/*`, `memory/short`, and what reading the files throws. */
export async function prepareMeasurement(
  request: MeasurementRequest,
  library: LlamaLibrary,
  { signal, emit }: { signal: AbortSignal; emit: EventSink },
): Promise<PreparedMeasurement> {
  checkIds('subject', request.subjects);
  checkIds('text', request.texts);
  const read: ReadText[] = [];
  for (const text of request.texts) read.push(await readText(text));
  const evaluation = read.map(({ request: { title }, text }) => ({ name: title, text }));
  const heldOut = [...evaluation, ...(request.asked ?? [])];
  await refuseOverlap(heldOut, request.calibrationTexts ?? []);
  const onFile = (path: string) => emit({ event: 'phase', phase: 'Reading', detail: path });
  const reference = await describeMeasured(
    { ...request.reference, id: referenceId, label: labelOf(request.reference), form: 'stock' },
    { signal, onFile },
  );
  const subjects: MeasuredModel[] = [];
  for (const subject of request.subjects) {
    const measured = await describeMeasured(subject, { signal, onFile });
    if (measured.isFolder) throw folderSubject(subject);
    checkVocabularies(reference, measured);
    subjects.push(measured);
  }
  const calibrated = subjects.map(({ path, metadata }) => ({ path, metadata }));
  if (request.lookForCalibration === true)
    await refuseOverlap(heldOut, await knownCalibration(calibrated, { emit }));
  const contextSize = contextWithin([reference, ...subjects], request.contextSize);
  tellContext(contextSize, request.contextSize, emit);
  const within = { ...request, contextSize };
  await checkMemory(reference, subjects, within);
  return withVocabulary(reference, library, async (model) => {
    const vocabulary = library.models.vocabulary(model);
    const startToken = startTokenOf(library, model);
    for (const subject of subjects) await checkStart(reference, startToken, subject, library);
    const texts = read.map((text) => tokenizeText(text, library, vocabulary, within));
    return { contextSize, reference, subjects, texts, startToken };
  });
}

/** Throws `evaluation/overlap` naming both texts and the first line that they share. */
export async function refuseOverlap(
  evaluation: readonly NamedText[],
  calibrationTexts: readonly string[],
): Promise<void> {
  if (calibrationTexts.length === 0) return;
  const calibration: NamedText[] = [];
  for (const path of calibrationTexts) {
    const request = { id: 'calibration', title: path, paths: [path], parseSpecial: false };
    calibration.push({ name: path, text: (await readText(request)).text });
  }
  const [overlap] = findOverlap(evaluation, calibration);
  if (overlap === undefined) return;
  const { lines, line, lineNumber } = overlap;
  throw new StudioError(
    'evaluation/overlap',
    `The text "${overlap.evaluation}" shares ${lines} ${lines === 1 ? 'line' : 'lines'} with the calibration text ${overlap.calibration}; the first is line ${lineNumber}: "${line.slice(0, 120)}".`,
    {
      hint: 'Measure on text that nothing was calibrated on: otherwise the figures flatter.',
      details: { ...overlap },
    },
  );
}

function folderSubject({ path }: SubjectRequest): StudioError {
  return new StudioError('usage/invalid', `${path} is a folder; GGUF files are measured.`, {
    hint: 'Quantize or convert it first. A folder may be the reference.',
  });
}

function labelOf({ path }: ReferenceRequest): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** They name files and are looked up by name. */
function checkIds(what: string, requests: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of requests) {
    // File systems without case would mix them up.
    const name = id.toLowerCase();
    if (!seen.has(name)) seen.add(name);
    else
      throw new StudioError('usage/invalid', `There are two ${what}s with the id "${id}".`, {
        hint: 'Give each its own.',
      });
  }
}

/** Loads a model's tokenizer alone while `work` runs; of a folder from a temporary file. */
export async function withVocabulary<Result>(
  model: Pick<MeasuredModel, 'path' | 'isFolder' | 'metadata'>,
  library: LlamaLibrary,
  work: (model: ModelHandle) => Promise<Result>,
): Promise<Result> {
  const temporary = model.isFolder ? await writeVocabulary(model.metadata) : undefined;
  try {
    const path = temporary?.path ?? model.path;
    const loaded = await library.models.load(path, { vocabularyOnly: true });
    try {
      return await work(loaded);
    } finally {
      library.models.free(loaded);
    }
  } finally {
    await temporary?.remove();
  }
}

function startTokenOf({ models, vocabulary: words }: LlamaLibrary, model: ModelHandle): number {
  const vocabulary = models.vocabulary(model);
  return words.addsBos(vocabulary) ? words.specialTokens(vocabulary).bos : -1;
}

async function checkStart(
  reference: MeasuredModel,
  startToken: number,
  subject: MeasuredModel,
  library: LlamaLibrary,
): Promise<void> {
  // Equal entries are read alike: no need to ask llama.cpp.
  if (subject.vocabulary.rules === reference.vocabulary.rules) return;
  await withVocabulary(subject, library, (model) => {
    const own = startTokenOf(library, model);
    checkStartToken({ model: reference, startToken }, { model: subject, startToken: own });
    return Promise.resolve();
  });
}

/** What has to be allocated beside the weights, which are mapped. Throws `memory/short`. */
async function checkMemory(
  reference: MeasuredModel,
  subjects: readonly MeasuredModel[],
  { contextSize, mode }: MeasurementRequest,
): Promise<void> {
  const needs = subjects.map((model) => neededBytes(model, contextSize));
  const ofReference = neededBytes(reference, contextSize);
  const largest = Math.max(...needs);
  const needed = mode === 'full' ? ofReference + largest : Math.max(ofReference, largest);
  const available = await availableMemory();
  if (needed <= available) return;
  throw new StudioError(
    'memory/short',
    `Measuring with a context of ${contextSize} takes ${formatBytes(needed)} beside the models, but ${formatBytes(available)} are free.`,
    {
      hint:
        mode === 'full'
          ? 'Use a smaller context (-c), or leave --full out: then one model is loaded at a time.'
          : 'Use a smaller context (-c), or close other programs.',
      details: { neededBytes: needed, availableBytes: available },
    },
  );
}

function neededBytes({ subject, metadata, tensors }: MeasuredModel, contextSize: number): number {
  const { architecture, vocabularySize } = subject;
  const together = chunksPerBatch(contextSize);
  const rows = Math.min(batchTokens, together * contextSize) * vocabularySize * 4;
  const estimate = estimateMemory({ architecture, metadata, tensors }, contextSize);
  if (estimate === undefined) return rows;
  // The estimate stops at the trained window; a measurement may go beyond.
  const cache = estimate.cacheBytes * together * Math.max(1, contextSize / estimate.contextSize);
  return rows + cache + estimate.computeBytes;
}

function tellContext(contextSize: number, asked: number, emit: EventSink): void {
  if (contextSize === asked) return;
  const message = `The model was trained on ${contextSize} tokens of context; it is measured with that many, not with ${asked}.`;
  emit({ event: 'notice', level: 'warning', message });
}
