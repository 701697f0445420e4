// One chunk through one model or two: decoded batch by batch, the rows scored before the next batch overwrites them.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ChunkBatch } from '#src/evaluation/chunk-plan.ts';
import type { PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import type { EvaluationModel } from './evaluation-model.ts';
import { joinScores } from './join-scores.ts';
import type { ScorePool } from './score-pool.ts';

export interface ChunkToScore {
  /** As they stand in the text. */
  readonly tokens: Int32Array;
  /** For messages: `chunk 3 of "Prose"`. */
  readonly name: string;
  readonly batches: readonly ChunkBatch[];
  readonly pool: ScorePool;
  /** Looked at before every batch. */
  readonly signal: AbortSignal;
}

/** The reference of a chunk, one part per batch with scored positions. */
export async function recordReference(
  model: EvaluationModel,
  label: string,
  chunk: ChunkToScore,
): Promise<ReferenceChunk[]> {
  const parts: ReferenceChunk[] = [];
  for (const batch of chunk.batches) {
    chunk.signal.throwIfAborted();
    const rows = await model.decode(chunk.tokens, batch);
    if (rows === undefined) continue;
    const scored = chunk.pool.scoreReference(rows, nextTokens(chunk.tokens, batch));
    parts.push(await named(scored, chunk, batch, { reference: label }));
  }
  return parts;
}

/** Throws `evaluation/not-finite`, and `evaluation/reference` where the parts are not this chunk's. */
export async function scoreAgainst(
  model: EvaluationModel,
  label: string,
  reference: readonly ReferenceChunk[],
  chunk: ChunkToScore,
): Promise<PositionScores> {
  const parts: PositionScores[] = [];
  for (const batch of chunk.batches) {
    chunk.signal.throwIfAborted();
    const rows = await model.decode(chunk.tokens, batch);
    if (rows === undefined) continue;
    const part = reference[parts.length];
    if (part === undefined) {
      throw new StudioError(
        'evaluation/reference',
        `The kept reference lacks a part of ${chunk.name}.`,
        {
          hint: 'Measure again with --fresh, which makes the reference anew.',
        },
      );
    }
    const scored = chunk.pool.scoreAgainst(rows, nextTokens(chunk.tokens, batch), part);
    parts.push(await named(scored, chunk, batch, { subject: label }));
  }
  return joinScores(parts);
}

export async function scorePair(
  base: { readonly model: EvaluationModel; readonly label: string },
  subject: { readonly model: EvaluationModel; readonly label: string },
  chunk: ChunkToScore,
): Promise<PositionScores> {
  const parts: PositionScores[] = [];
  for (const batch of chunk.batches) {
    chunk.signal.throwIfAborted();
    const baseRows = await base.model.decode(chunk.tokens, batch);
    chunk.signal.throwIfAborted();
    const rows = await subject.model.decode(chunk.tokens, batch);
    if (baseRows === undefined || rows === undefined) continue;
    const scored = chunk.pool.scorePair(baseRows, rows, nextTokens(chunk.tokens, batch));
    parts.push(
      await named(scored, chunk, batch, { reference: base.label, subject: subject.label }),
    );
  }
  return joinScores(parts);
}

function nextTokens(tokens: Int32Array, { start, firstOutput, scored }: ChunkBatch): Int32Array {
  const first = start + firstOutput + 1;
  return tokens.slice(first, first + scored);
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
