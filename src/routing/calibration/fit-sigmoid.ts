// Scores that mean what they say: a logistic function from what a model computed to how often that was right on texts that it
// had not seen (Platt, 1999; fitted with Newton's method and a small penalty that keeps it finite where classes separate).
import { dotProduct } from '../dot-product.ts';

export interface Sigmoid {
  readonly bias: number;
  readonly weights: readonly number[];
}

export interface SigmoidSample {
  readonly inputs: readonly number[];
  readonly right: boolean;
}

const rounds = 60;
/** Penalty on the weights, in samples. */
const penalty = 0.5;

/** Logistic regression over a few inputs. With samples of one kind only it gives `prior`. */
export function fitSigmoid(samples: readonly SigmoidSample[], prior: Sigmoid): Sigmoid {
  const positives = samples.filter(({ right }) => right).length;
  if (positives === 0 || positives === samples.length) return prior;
  // Platt's targets: not 1 and 0, but what is left open by a finite number of samples.
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (samples.length - positives + 2);
  const size = prior.weights.length + 1;
  let parameters = [prior.bias, ...prior.weights];
  for (let round = 0; round < rounds; round++) {
    const gradient = new Array<number>(size).fill(0);
    const curvature = Array.from({ length: size }, () => new Array<number>(size).fill(0));
    for (const { inputs, right } of samples) {
      const row = [1, ...inputs];
      const probability = sigmoid(dotProduct(parameters, row));
      const error = probability - (right ? high : low);
      const spread = Math.max(probability * (1 - probability), 1e-9);
      for (let i = 0; i < size; i++) {
        gradient[i] = (gradient[i] ?? 0) + error * (row[i] ?? 0);
        const line = curvature[i];
        if (line === undefined) continue;
        for (let j = 0; j < size; j++)
          line[j] = (line[j] ?? 0) + spread * (row[i] ?? 0) * (row[j] ?? 0);
      }
    }
    for (let i = 1; i < size; i++) {
      gradient[i] =
        (gradient[i] ?? 0) + penalty * ((parameters[i] ?? 0) - (prior.weights[i - 1] ?? 0));
      const line = curvature[i];
      if (line !== undefined) line[i] = (line[i] ?? 0) + penalty;
    }
    const step = solve(curvature, gradient);
    // A long step would leave the region in which the curvature holds.
    const length = Math.max(...step.map(Math.abs));
    const scale = length > 4 ? 4 / length : 1;
    parameters = parameters.map((value, index) => value - scale * (step[index] ?? 0));
    if (length < 1e-7) break;
  }
  const [bias = 0, ...weights] = parameters;
  return { bias, weights };
}

export function applySigmoid({ bias, weights }: Sigmoid, inputs: readonly number[]): number {
  return sigmoid(bias + dotProduct(weights, inputs));
}

export function sigmoid(value: number): number {
  return value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value));
}

/** The inverse of `sigmoid`, finite at 0 and 1. */
export function logit(probability: number): number {
  const inside = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
}

/** Solves a small symmetric positive definite system by Gaussian elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    }
    const chosen = rows[pivot] ?? [];
    rows[pivot] = rows[column] ?? [];
    rows[column] = chosen;
    const head = chosen[column] ?? 0;
    if (Math.abs(head) < 1e-12) continue;
    for (let row = 0; row < size; row++) {
      const line = rows[row];
      if (row === column || line === undefined) continue;
      const factor = (line[column] ?? 0) / head;
      for (let at = column; at <= size; at++)
        line[at] = (line[at] ?? 0) - factor * (chosen[at] ?? 0);
    }
  }
  return rows.map((row, index) => {
    const head = row[index] ?? 0;
    return Math.abs(head) < 1e-12 ? 0 : (row[size] ?? 0) / head;
  });
}
