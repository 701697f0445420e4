// The work of one score worker: rows of logits from native memory through the kernel to figures. Nothing here knows of
// threads or messages.
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LogitRows, PositionScores } from '#src/evaluation/position-scores.ts';
import { decodePosition } from '#src/evaluation/reference/decode-position.ts';
import { drawUniforms } from '#src/evaluation/reference/draw-uniforms.ts';
import { encodePosition } from '#src/evaluation/reference/encode-position.ts';
import { estimateDivergence } from '#src/evaluation/reference/estimate-divergence.ts';
import { chooseReferenceSize } from '#src/evaluation/reference/reference-size.ts';
import {
  createLogitsKernel,
  type LogitSlot,
  type NotFinite,
  type RowSummary,
} from '#src/kernels/logits-kernel.ts';
import type { ReferencePart, ScoreJob, ScoreOutcome } from './score-task.ts';

/** Copies F32 values from native memory. */
export type ReadFloats = (address: bigint, target: Float32Array) => void;

const referenceSlot = 0;
const subjectSlot = 1;

/** A scorer for rows of `vocabularySize` logits; `seed` decides which tokens of the tail are drawn. */
export function createRowScorer(vocabularySize: number, seed: number, read: ReadFloats) {
  const kernel = createLogitsKernel(vocabularySize);
  const size = chooseReferenceSize(vocabularySize);

  function load(slot: LogitSlot, rows: LogitRows, index: number): Float32Array {
    const row = kernel.row(slot);
    read(rows.address + BigInt(index) * BigInt(4 * vocabularySize), row);
    return row;
  }

  function finite<Summary extends object>(
    summary: Summary | NotFinite,
    row: Float32Array,
    who: string,
    position: number,
  ): Summary {
    if (!('notFiniteAt' in summary)) return summary;
    const token = summary.notFiniteAt;
    const what = `the logit of token ${token} is ${row[token] ?? 'missing'}`;
    throw notFinite(what, who, position, { token });
  }

  function reference(job: ScoreJob & { kind: 'reference' }): ReferencePart {
    const { base, next, firstPosition, textHash } = job;
    const nll = new Float32Array(base.count);
    const parts: Uint8Array[] = [];
    for (let index = 0; index < base.count; index++) {
      const position = firstPosition + index;
      const row = load(referenceSlot, base, index);
      const split = kernel.split(referenceSlot, size.topTokens);
      const summary = finite(split, row, 'reference', position);
      nll[index] = likelihood(summary, row, next[index] as number);
      const draws = kernel.sampleTail(drawUniforms(size.sampledTokens, seed, textHash, position));
      const { tokens, counts } = countRepeats(draws);
      parts.push(
        encodePosition({
          topTokens: summary.topTokens,
          topLogProbabilities: logProbabilities(summary.topTokens, row, summary.logSumExp),
          best: summary.topTokens.indexOf(summary.top),
          tailMass: summary.tailMass,
          sampledTokens: tokens,
          sampledLogProbabilities: logProbabilities(tokens, row, summary.logSumExp),
          sampledCounts: counts,
        }),
      );
    }
    return { nll, encoded: concatenate(parts) };
  }

  function against(job: ScoreJob & { kind: 'against' }): PositionScores {
    const { subject, next, firstPosition, encoded, nllBase } = job;
    const scores = emptyScores(subject.count);
    scores.nllBase.set(nllBase);
    let offset = 0;
    for (let index = 0; index < subject.count; index++) {
      const row = load(subjectSlot, subject, index);
      const summary = subjectSummary(row, firstPosition + index);
      scores.nll[index] = likelihood(summary, row, next[index] as number);
      const { position, end } = decodePosition(encoded, offset, vocabularySize, size);
      offset = end;
      const { kld, variance } = estimateDivergence(position, row, summary.logSumExp);
      scores.kld[index] = finiteDivergence(kld, firstPosition + index);
      scores.samplingVariance[index] = variance;
      scores.sameTop[index] = position.topTokens[position.best] === summary.top ? 1 : 0;
    }
    return scores;
  }

  function pair(job: ScoreJob & { kind: 'pair' }): PositionScores {
    const { base, subject, next, firstPosition } = job;
    const scores = emptyScores(subject.count);
    for (let index = 0; index < subject.count; index++) {
      const position = firstPosition + index;
      const baseRow = load(referenceSlot, base, index);
      const row = load(subjectSlot, subject, index);
      const before = finite(kernel.summarize(referenceSlot), baseRow, 'reference', position);
      const after = subjectSummary(row, position);
      const token = next[index] as number;
      scores.nllBase[index] = likelihood(before, baseRow, token);
      scores.nll[index] = likelihood(after, row, token);
      scores.kld[index] = finiteDivergence(kernel.divergence(before, after), position);
      scores.sameTop[index] = before.top === after.top ? 1 : 0;
    }
    return scores;
  }

  function subjectSummary(row: Float32Array, position: number): RowSummary {
    return finite(kernel.summarize(subjectSlot), row, 'subject', position);
  }

  /** -ln p of a token. */
  function likelihood({ logSumExp }: RowSummary, row: Float32Array, token: number): number {
    const logit = row[token];
    invariant(logit !== undefined, `token ${token} is in the vocabulary`);
    return logSumExp - logit;
  }

  return (job: ScoreJob): ScoreOutcome => {
    switch (job.kind) {
      case 'reference':
        return reference(job);
      case 'against':
        return against(job);
      case 'pair':
        return pair(job);
    }
  };
}

/** A subject may rule out (p = 0) what the reference expects; such a figure is refused, not kept. */
function finiteDivergence(kld: number, position: number): number {
  // What F32 cannot hold is as wrong as what F64 cannot.
  if (Number.isFinite(Math.fround(kld))) return kld;
  throw notFinite('its divergence from the reference is without bounds', 'subject', position, {});
}

function notFinite(
  what: string,
  who: string,
  position: number,
  details: Record<string, unknown>,
): StudioError {
  return new StudioError(
    'evaluation/not-finite',
    `The ${who}'s logits cannot be measured: at scored position ${position} of the chunk ${what}.`,
    {
      hint: 'The file is damaged, or its weights overflow in the precision used. Check the file, and try it on the CPU.',
      details: { who, row: position, ...details },
    },
  );
}

function emptyScores(count: number): PositionScores {
  return {
    nll: new Float32Array(count),
    nllBase: new Float32Array(count),
    kld: new Float32Array(count),
    sameTop: new Uint8Array(count),
    samplingVariance: new Float32Array(count),
  };
}

/** ln p of each token. */
function logProbabilities(tokens: Uint32Array, row: Float32Array, logSumExp: number): Float64Array {
  const values = new Float64Array(tokens.length);
  for (let index = 0; index < tokens.length; index++) {
    values[index] = (row[tokens[index] as number] as number) - logSumExp;
  }
  return values;
}

/** Runs of equal values, each once, with their lengths. */
function countRepeats(ascending: Uint32Array): { tokens: Uint32Array; counts: Uint32Array } {
  const tokens = new Uint32Array(ascending.length);
  const counts = new Uint32Array(ascending.length);
  let distinct = 0;
  for (const token of ascending) {
    if (distinct === 0 || tokens[distinct - 1] !== token) tokens[distinct++] = token;
    counts[distinct - 1] = (counts[distinct - 1] as number) + 1;
  }
  return { tokens: tokens.subarray(0, distinct), counts: counts.subarray(0, distinct) };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
