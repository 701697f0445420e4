// 95 % intervals by a block bootstrap: whole chunks are drawn again, because tokens of one chunk share their context and are
// not independent (errors over tokens are too small then).
import type { Interval } from '#src/contract/quality/measurements.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { studentQuantile } from './student-quantile.ts';

export const resamples = 2_000;
const seed = 0x6767_7566;

/** 97.5 % quantile of the normal distribution. */
const normalQuantile = 1.959963984540054;

/** What is resampled by itself: the chunks of one text. Without weights every chunk weighs the same. */
export interface Stratum {
  readonly values: readonly number[];
  readonly weights?: readonly number[] | undefined;
}

/** The interval of one text: see `bootstrapStrata`. */
export function bootstrapInterval(
  values: readonly number[],
  weights?: readonly number[],
): Interval | undefined {
  return bootstrapStrata([{ values, weights }]);
}

/**
 * The 95 % interval of the mean over strata of Σ values · weights / Σ weights: percentiles of 2,000 seeded resamples within
 * every stratum, widened for few chunks by sqrt(n / (n - k)) · t(n - k) / z with n chunks in k strata (after T. Hesterberg,
 * "What Teachers Should Know About the Bootstrap", 2015: plain percentile intervals are too narrow by this factor).
 * Undefined when a stratum has fewer than two chunks, which tell nothing.
 */
export function bootstrapStrata(strata: readonly Stratum[]): Interval | undefined {
  if (strata.length === 0 || strata.some(({ values }) => values.length < 2)) return undefined;
  const prepared = strata.map(({ values, weights }) => {
    const weight = Float64Array.from(values, (_, index) => weights?.[index] ?? 1);
    return { weight, weighted: weight.map((each, index) => each * (values[index] as number)) };
  });
  const random = mulberry32(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let mean = 0;
    for (const { weight, weighted } of prepared) {
      let sum = 0;
      let total = 0;
      for (let drawn = 0; drawn < weight.length; drawn++) {
        const index = Math.floor(random() * weight.length);
        sum += weighted[index] as number;
        total += weight[index] as number;
      }
      mean += sum / total;
    }
    means[resample] = mean / prepared.length;
  }
  means.sort();
  const mean =
    prepared.reduce((sum, { weight, weighted }) => sum + total(weighted) / total(weight), 0) /
    prepared.length;
  const count = prepared.reduce((sum, { weight }) => sum + weight.length, 0);
  const degrees = count - prepared.length;
  const widening = (Math.sqrt(count / degrees) * studentQuantile(degrees)) / normalQuantile;
  const from = (fraction: number) => mean + (quantile(means, fraction) - mean) * widening;
  return { low: Math.min(mean, from(0.025)), high: Math.max(mean, from(0.975)) };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function quantile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const index = Math.floor(position);
  const low = sorted[index] as number;
  const high = sorted[index + 1] ?? low;
  return low + (position - index) * (high - low);
}
