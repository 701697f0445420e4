// Two subjects compared on the same chunks. Tokens of one chunk are not independent, so chunks are resampled, each text's
// by themselves; both subjects share every resample, which takes most of the texts' own variation out of the difference.
import type { Interval, Measurement } from '#src/contract/quality/measurements.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';

const resamples = 2_000;
/** The same run always gives the same intervals. */
const seed = 0x6b6c64;

/** One text's values, one per chunk. */
export type Stratum = readonly number[];

/**
 * 95 % percentile interval of the mean of the strata's means (each text weighs the same, however long it is), by a block
 * bootstrap over chunks within every stratum. One chunk alone tells nothing about its spread: the interval is unbounded.
 */
export function bootstrapMean(strata: readonly Stratum[]): { mean: number; interval: Interval } {
  const mean = average(strata.map(average));
  if (strata.length === 0 || strata.some(({ length }) => length < 2)) {
    const isCertain = strata.length > 0 && strata.every((values) => values.every((v) => v === 0));
    return isCertain
      ? { mean: 0, interval: { low: 0, high: 0 } }
      : { mean, interval: { low: -Infinity, high: Infinity } };
  }
  const random = mulberry32(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let total = 0;
    for (const values of strata) {
      let sum = 0;
      for (let draw = 0; draw < values.length; draw++) {
        sum += values[Math.floor(random() * values.length)]!;
      }
      total += sum / values.length;
    }
    means[resample] = total / strata.length;
  }
  means.sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))]!;
  return { mean, interval: { low: at(0.025), high: at(0.975) } };
}

/** Per text that both were measured on with the same chunks: KLD(left) − KLD(right), chunk by chunk. */
export function kldDifferences(
  left: readonly Measurement[],
  right: readonly Measurement[],
): Stratum[] {
  return left.flatMap((one) => {
    const other = right.find(
      ({ text, chunks }) => text === one.text && chunks.kld.length === one.chunks.kld.length,
    );
    return other === undefined
      ? []
      : [one.chunks.kld.map((value, chunk) => value - other.chunks.kld[chunk]!)];
  });
}

export function average(values: readonly number[]): number {
  return values.length === 0
    ? Number.NaN
    : values.reduce((sum, value) => sum + value, 0) / values.length;
}
