// Means with their standard errors, by the formulas of llama.cpp's tools/perplexity (mean_and_uncertainty, covariance), so
// that every figure can be compared with what llama-perplexity prints.
import type { Estimate } from '#src/contract/quality/measurements.ts';

/** Sums of a series: Σ x and Σ x². */
export interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

export function sumsOf(values: Float32Array | Float64Array): Sums {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return { count: values.length, sum, squares };
}

/** Mean ± sqrt((E[x²] - E[x]²) / (n - 1)); the error is 0 for ten values and fewer, as llama.cpp has it. */
export function meanAndError({ count, sum, squares }: Sums): Estimate {
  if (count < 1) return { value: 0, error: 0 };
  const value = sum / count;
  const variance = squares / count - value * value;
  return { value, error: variance > 0 && count > 10 ? Math.sqrt(variance / (count - 1)) : 0 };
}

/** Covariance of the means of two series: (E[xy] - E[x] E[y]) / (n - 1); 0 for fewer than ten pairs, as llama.cpp has it. */
export function covarianceOfMeans(left: Float32Array, right: Float32Array): number {
  const count = left.length;
  if (count < 10) return 0;
  let sumLeft = 0;
  let sumRight = 0;
  let products = 0;
  for (let index = 0; index < count; index++) {
    const [x, y] = [left[index] as number, right[index] as number];
    sumLeft += x;
    sumRight += y;
    products += x * y;
  }
  return (products / count - (sumLeft / count) * (sumRight / count)) / (count - 1);
}
