// 95 % intervals by a block bootstrap: whole chunks are drawn again, because tokens of one chunk share their context and are
// not independent (errors over tokens are too small then).
import type { Interval } from '#src/contract/quality/measurements.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { studentQuantile } from './student-quantile.ts';

export const resamples = 2_000;
const seed = 0x6767_7566;

/** 97.5 % quantile of the normal distribution. */
const normalQuantile = 1.959963984540054;

/**
 * The 95 % interval of Σ values · weights / Σ weights over chunks: percentiles of 2,000 seeded resamples, widened for few
 * chunks by sqrt(n / (n - 1)) · t(n - 1) / z (after T. Hesterberg, "What Teachers Should Know About the Bootstrap", 2015:
 * plain percentile intervals are too narrow by this factor). Undefined for fewer than two chunks, which tell nothing.
 */
export function bootstrapInterval(
  values: readonly number[],
  weights?: readonly number[],
): Interval | undefined {
  const count = values.length;
  if (count < 2) return undefined;
  const weighted = Float64Array.from(values, (value, index) => value * (weights?.[index] ?? 1));
  const weight = Float64Array.from({ length: count }, (_, index) => weights?.[index] ?? 1);
  const random = mulberry32(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    let total = 0;
    for (let drawn = 0; drawn < count; drawn++) {
      const index = Math.floor(random() * count);
      sum += weighted[index] as number;
      total += weight[index] as number;
    }
    means[resample] = sum / total;
  }
  means.sort();
  const mean = weightedMean(weighted, weight);
  const widening = (Math.sqrt(count / (count - 1)) * studentQuantile(count - 1)) / normalQuantile;
  const from = (fraction: number) => mean + (quantile(means, fraction) - mean) * widening;
  return { low: Math.min(mean, from(0.025)), high: Math.max(mean, from(0.975)) };
}

function weightedMean(weighted: Float64Array, weight: Float64Array): number {
  return weighted.reduce((sum, value) => sum + value, 0) / weight.reduce((sum, w) => sum + w, 0);
}

function quantile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const index = Math.floor(position);
  const low = sorted[index] as number;
  const high = sorted[index + 1] ?? low;
  return low + (position - index) * (high - low);
}
