// Rows of logits as models make them (a few likely tokens, a long tail), and the exact figures of llama-perplexity over
// them in F64, to compare the fast and the estimated ones with.
import { mulberry32 } from '#src/random/mulberry32.ts';

/** Normal numbers from a seeded generator (Box-Muller). */
export function normalNumbers(seed: number): () => number {
  const random = mulberry32(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A row of `size` logits; larger `spread` means more probable top tokens. */
export function randomLogits(size: number, seed: number, spread = 3): Float32Array {
  const normal = normalNumbers(seed);
  return Float32Array.from({ length: size }, () => spread * normal() - 2);
}

/** The row with noise on it, as rounding a model's weights puts there. */
export function disturbed(row: Float32Array, noise: number, seed: number): Float32Array {
  const normal = normalNumbers(seed);
  return row.map((value) => value + noise * normal() + 0.25);
}

export function exactLogSumExp(row: Float32Array): number {
  const maximum = row.reduce((most, value) => Math.max(most, value), -Infinity);
  return maximum + Math.log(row.reduce((sum, value) => sum + Math.exp(value - maximum), 0));
}

/** KLD as tools/perplexity sums it, without its 16-bit codes. */
export function exactDivergence(base: Float32Array, subject: Float32Array): number {
  const baseSum = exactLogSumExp(base);
  const subjectSum = exactLogSumExp(subject);
  let kld = 0;
  base.forEach((logit, token) => {
    const logP = logit - baseSum;
    if (logP > -16) kld += Math.exp(logP) * (logP - ((subject[token] as number) - subjectSum));
  });
  return kld;
}
