// The means of each chunk, which paired comparisons and bootstraps work on.
import type { ChunkMeans } from '#src/contract/quality/measurements.ts';
import type { PositionScores } from '../position-scores.ts';

/** Change of the probability of each position's token: p - p_base, in F32 as llama-perplexity has it. */
export function deltaPOf({ nll, nllBase }: PositionScores): Float32Array {
  return nll.map(
    (value, index) =>
      Math.fround(Math.exp(-value)) - Math.fround(Math.exp(-(nllBase[index] as number))),
  );
}

/** Means over each chunk's positions; a chunk has at least one. */
export function chunkMeans(chunks: readonly PositionScores[]): ChunkMeans {
  const deltas = chunks.map(deltaPOf);
  return {
    nll: chunks.map(({ nll }) => mean(nll)),
    nllBase: chunks.map(({ nllBase }) => mean(nllBase)),
    kld: chunks.map(({ kld }) => mean(kld)),
    sameTop: chunks.map(({ sameTop }) => mean(sameTop)),
    deltaP: deltas.map(mean),
    deltaPSquared: deltas.map((delta) => mean(Float64Array.from(delta, (value) => value ** 2))),
  };
}

function mean(values: Float32Array | Float64Array | Uint8Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
