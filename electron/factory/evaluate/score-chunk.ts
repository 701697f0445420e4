// Chunks through one model or two: decoded batch by batch, as many side by side as a batch holds, the rows scored before the
// next batch overwrites them.
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ChunkBatch } from '#src/evaluation/chunk-plan.ts';
import type { LogitRows, PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import type { EvaluationModel } from './evaluation-model.ts';
import { joinScores } from './join-scores.ts';
import type { ScorePool } from './score-pool.ts';

export interface ChunkToScore {
  /** As they stand in the text. */
  readonly tokens: Int32Array;
  /** For messages: `chunk 3 of "Prose"`. */
  readonly name: string;
}

/** Chunks that are computed side by side. */
export interface ChunksToScore {
  readonly chunks: readonly ChunkToScore[];
  readonly batches: readonly ChunkBatch[];
  readonly pool: ScorePool;
  /** Looked at before every batch. */
  readonly signal: AbortSignal;
}

/** The reference of each chunk, one part per batch with scored positions. */
export async function recordReference(
  model: EvaluationModel,
  label: string,
  group: ChunksToScore,
): Promise<ReferenceChunk[][]> {
  const parts: ReferenceChunk[][] = group.chunks.map(() => []);
  for (const batch of group.batches) {
    group.signal.throwIfAborted();
    const rows = await model.decode(tokensOf(group), batch);
    if (rows === undefined) continue;
    const scored = await scoreAll(group, (chunk, index) =>
      named(
        group.pool.scoreReference(rowsAt(rows, index), nextTokens(chunk.tokens, batch)),
        chunk,
        batch,
        { reference: label },
      ),
    );
    scored.forEach((part, index) => parts[index]?.push(part));
  }
  return parts;
}

/**
 * `references` are the parts of each chunk. Throws `evaluation/not-finite`, and `evaluation/reference` where the parts are not
 * this chunk's.
 */
export async function scoreAgainst(
  model: EvaluationModel,
  label: string,
  references: readonly (readonly ReferenceChunk[])[],
  group: ChunksToScore,
): Promise<PositionScores[]> {
  const parts: PositionScores[][] = group.chunks.map(() => []);
  let number = 0;
  for (const batch of group.batches) {
    group.signal.throwIfAborted();
    const rows = await model.decode(tokensOf(group), batch);
    if (rows === undefined) continue;
    const scored = await scoreAll(group, (chunk, index) => {
      const part = references[index]?.[number];
      if (part === undefined) throw missingPart(chunk);
      return named(
        group.pool.scoreAgainst(rowsAt(rows, index), nextTokens(chunk.tokens, batch), part),
        chunk,
        batch,
        { subject: label },
      );
    });
    scored.forEach((part, index) => parts[index]?.push(part));
    number++;
  }
  return parts.map(joinScores);
}

export async function scorePair(
  base: { readonly model: EvaluationModel; readonly label: string },
  subject: { readonly model: EvaluationModel; readonly label: string },
  group: ChunksToScore,
): Promise<PositionScores[]> {
  const parts: PositionScores[][] = group.chunks.map(() => []);
  for (const batch of group.batches) {
    group.signal.throwIfAborted();
    const baseRows = await base.model.decode(tokensOf(group), batch);
    group.signal.throwIfAborted();
    const rows = await subject.model.decode(tokensOf(group), batch);
    if (baseRows === undefined || rows === undefined) continue;
    const scored = await scoreAll(group, (chunk, index) =>
      named(
        group.pool.scorePair(
          rowsAt(baseRows, index),
          rowsAt(rows, index),
          nextTokens(chunk.tokens, batch),
        ),
        chunk,
        batch,
        { reference: base.label, subject: subject.label },
      ),
    );
    scored.forEach((part, index) => parts[index]?.push(part));
  }
  return parts.map(joinScores);
}

function tokensOf({ chunks }: ChunksToScore): Int32Array[] {
  return chunks.map(({ tokens }) => tokens);
}

function rowsAt(rows: readonly LogitRows[], index: number): LogitRows {
  const found = rows[index];
  invariant(found !== undefined, 'every chunk of a batch has its rows');
  return found;
}

/** All chunks of a batch at once. Resolves only when no worker reads their logits any more. */
async function scoreAll<Result>(
  { chunks }: ChunksToScore,
  score: (chunk: ChunkToScore, index: number) => Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(chunks.map(async (chunk, index) => score(chunk, index)));
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

function nextTokens(tokens: Int32Array, { start, firstOutput, scored }: ChunkBatch): Int32Array {
  const first = start + firstOutput + 1;
  return tokens.slice(first, first + scored);
}

function missingPart({ name }: ChunkToScore): StudioError {
  return new StudioError('evaluation/reference', `The kept reference lacks a part of ${name}.`, {
    hint: 'Measure again with --fresh, which makes the reference anew.',
  });
}

/** The pool knows rows only: puts the model's name and the place in the text into its error. */
async function named<Result>(
  scored: Promise<Result>,
  { name }: ChunkToScore,
  { start, firstOutput }: ChunkBatch,
  labels: { readonly reference?: string; readonly subject?: string },
): Promise<Result> {
  try {
    return await scored;
  } catch (error) {
    if (!(error instanceof StudioError) || error.code !== 'evaluation/not-finite') throw error;
    const who = error.details['who'] === 'subject' ? labels.subject : labels.reference;
    const row = Number(error.details['row'] ?? 0);
    throw new StudioError(
      'evaluation/not-finite',
      `${who ?? 'The model'} computes values that are not finite: at token ${start + firstOutput + row} of ${name}.`,
      {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        details: { ...error.details, model: who },
        cause: error,
      },
    );
  }
}
