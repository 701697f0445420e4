// The token drift view's data: a run's own files, without the models; and one position computed again with them.
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DriftChunk, DriftToken, Position } from '#src/contract/quality/drift.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { firstScored } from '#src/evaluation/chunk-plan.ts';
import {
  checkChunk,
  decodeTextTokens,
  readScoredChunk,
  type TextTokens,
} from '#src/evaluation/token-files.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { toIoError } from '#src/io/io-error.ts';
import { readRun, runFileName } from '#src/io/run-store.ts';
import { nativeLibrary } from '../native-library.ts';
import { adapterFiles } from './adapter-files.ts';
import { EvaluationModel } from './evaluation-model.ts';
import { withLastingReference } from './lasting-reference.ts';
import { describeMeasured } from './measured-model.ts';
import { openBackend } from './measuring-backend.ts';
import { scoreFile, textFile } from './run-folder.ts';

export interface DriftPlace {
  readonly runFolder: string;
  readonly subject: string;
  readonly text: string;
  readonly chunk: number;
}

/** A run of 1 M tokens in 8,192 distinct ones has 5 MB; a text of 1 GiB some hundred. */
const maximumFileBytes = 2 ** 30;

/** Throws `usage/invalid` for a subject, text or chunk that the run does not have, `run/invalid`, `io/*`. */
export async function driftOfChunk(place: DriftPlace): Promise<DriftChunk> {
  const { run, tokens, label } = await openPlace(place);
  const { contextSize } = tokens;
  const chunks = tokens.tokens.length / contextSize;
  const scorePath = scoreFile(place.runFolder, place.subject, place.text);
  const scores = readScoredChunk(await readBounded(scorePath), place.chunk, label);
  const start = place.chunk * contextSize;
  const texts = piecesAsText(tokens.tokens.subarray(start, start + contextSize), tokens.pieces);
  const first = firstScored(contextSize);
  const driftTokens = texts.map((text, position): DriftToken => {
    // A token's figures are those of the position before it, which predicts it.
    const index = position - 1 - first;
    const kld = scores.kld[index];
    if (index < 0 || kld === undefined) return { text };
    const [pBase = 0, p = 0] = [scores.pBase[index], scores.p[index]];
    return { text, kld, pBase, p, sameTop: scores.sameTop[index] === 1 };
  });
  return {
    subject: place.subject,
    text: titleOf(run, place.text),
    chunk: place.chunk,
    chunks,
    tokens: driftTokens,
  };
}

/** What is shown of each model's distribution at a position. */
const shownOfReference = 20;
const shownOfSubject = 5;

/** Both distributions before `token`, by the models that were measured. Throws also when one of their files changed. */
export async function distributionAt(
  place: DriftPlace & { readonly token: number },
  options: { threads?: number | undefined; signal: AbortSignal; emit: EventSink },
): Promise<Position> {
  const { run, tokens } = await openPlace(place);
  const { contextSize } = tokens;
  if (place.token >= contextSize) {
    throw new StudioError(
      'usage/invalid',
      `A chunk has ${contextSize} tokens; there is none ${place.token + 1}.`,
    );
  }
  const chunk = tokens.tokens.slice(place.chunk * contextSize, (place.chunk + 1) * contextSize);
  const subject = requireNamed(run.subjects, place.subject, 'subject');
  const referenceId = run.referenceOf[place.subject] ?? 'reference';
  const reference = requireNamed(run.references, referenceId, 'reference');
  const ask = (model: Subject) => predict(model, chunk, place.token, run, options);
  const base = await ask(reference);
  const own = await ask(subject);
  const actual = chunk[place.token] ?? 0;
  const shown = new Set([
    ...mostProbable(base.probabilities, shownOfReference),
    ...mostProbable(own.probabilities, shownOfSubject),
    actual,
  ]);
  const textOf = (id: number) => base.texts.get(id) ?? own.texts.get(id) ?? `token ${id}`;
  const shownTokens = [...shown].map((id) => ({
    id,
    text: textOf(id),
    pBase: base.probabilities[id] ?? 0,
    p: own.probabilities[id] ?? 0,
  }));
  return {
    tokens: shownTokens.sort((a, b) => b.pBase - a.pBase),
    actual: { id: actual, text: textOf(actual) },
  };
}

async function openPlace({
  runFolder,
  subject,
  text,
  chunk,
}: DriftPlace): Promise<{ run: Run; tokens: TextTokens; label: string }> {
  const run = await readRun(join(runFolder, runFileName), basename(runFolder));
  requireNamed(run.subjects, subject, 'subject');
  requireNamed(run.texts, text, 'text');
  const path = textFile(runFolder, text);
  const tokens = decodeTextTokens(await readBounded(path), path);
  const label = `The text "${titleOf(run, text)}"`;
  checkChunk(chunk, tokens.tokens.length / tokens.contextSize, label);
  return { run, tokens, label };
}

function titleOf(run: Run, text: string): string {
  return requireNamed(run.texts, text, 'text').title;
}

/** Only names that the run knows become parts of paths. */
function requireNamed<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  id: string,
  what: string,
): Entry {
  const found = entries.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  throw new StudioError('usage/invalid', `The run has no ${what} "${id}".`, {
    hint: `It has: ${entries.map((entry) => entry.id).join(', ')}.`,
  });
}

async function readBounded(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  try {
    const { size } = await handle.stat();
    if (size > maximumFileBytes) {
      throw new StudioError('run/invalid', `${path} has ${size} bytes, more than any run's file.`);
    }
    const { buffer, byteOffset, byteLength } = await handle.readFile();
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw toIoError(error, path);
  } finally {
    await handle.close();
  }
}

/** Tokens that share a character: the last one has it, those before are empty. */
function piecesAsText(tokens: Int32Array, pieces: ReadonlyMap<number, Uint8Array>): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const texts = Array.from(tokens, (token) =>
    decoder.decode(pieces.get(token) ?? new Uint8Array(), { stream: true }),
  );
  const rest = decoder.decode();
  const last = texts.length - 1;
  if (rest !== '' && last >= 0) texts[last] = `${texts[last] ?? ''}${rest}`;
  return texts;
}

interface Prediction {
  readonly probabilities: Float32Array;
  /** Of what it finds most probable, and of the chunk's own tokens. */
  readonly texts: ReadonlyMap<number, string>;
}

async function predict(
  model: Subject,
  chunk: Int32Array,
  token: number,
  { conditions }: Run,
  options: { threads?: number | undefined; signal: AbortSignal; emit: EventSink },
): Promise<Prediction> {
  const { signal, emit, threads = chooseThreads(model.bytes) } = options;
  const library = nativeLibrary();
  openBackend(library, conditions.gpuLayers);
  emit({ event: 'phase', phase: 'Loading', detail: model.label });
  const measured = await describeMeasured(model, { signal });
  if (measured.subject.sha256 !== model.sha256) {
    throw new StudioError('io/failed', `${model.path} is not the file that was measured.`, {
      hint: 'It was written anew since. Measure again.',
    });
  }
  return withLastingReference(measured, { signal, emit, threads }, async (path) => {
    const opened = await EvaluationModel.open(library, {
      label: model.label,
      path,
      adapters: await adapterFiles(measured, path, { signal, emit }),
      contextSize: conditions.contextSize,
      threads,
      gpuLayers: conditions.gpuLayers,
    });
    try {
      signal.throwIfAborted();
      const probabilities = softmax(await opened.logitsAt(chunk, token - 1));
      const texts = new Map<number, string>();
      // Asked for after the model is gone: what may be shown is read now.
      for (const id of [...mostProbable(probabilities, 200), ...chunk])
        texts.set(id, opened.tokenText(id));
      return { probabilities, texts };
    } finally {
      opened.dispose();
    }
  });
}

function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const weights = logits.map((value) => Math.exp(value - highest));
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
}

function mostProbable(probabilities: Float32Array, count: number): number[] {
  return [...probabilities.keys()]
    .sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0))
    .slice(0, count);
}
