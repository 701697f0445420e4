// Rows that stand for a whole tensor: evenly spaced, the same share of every expert.
import { rowCountOf } from '#src/model/model-view.ts';

/** About a million weights tell a tensor's rounding error as well as all of them (quantization.md 2.6). */
const sampledElements = 1 << 20;
const mostRows = 512;

/** Rows of one matrix (expert) of a tensor; their numbers count from the tensor's first row. */
export interface SampledMatrix {
  readonly matrix: number;
  readonly rows: readonly number[];
}

/** `shape` in ggml's order. At least one row; of tensors with more experts than rows, evenly spaced experts. */
export function sampleRows(shape: readonly number[]): SampledMatrix[] {
  const columns = shape[0] ?? 1;
  const total = rowCountOf(shape);
  const rowsPerMatrix = shape[1] ?? 1;
  const count = Math.min(total, mostRows, Math.max(1, Math.floor(sampledElements / columns)));
  const matrices = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    // The middle of each of `count` equal stretches.
    const row = Math.floor(((index + 0.5) * total) / count);
    const matrix = Math.floor(row / rowsPerMatrix);
    const rows = matrices.get(matrix);
    if (rows === undefined) matrices.set(matrix, [row]);
    else rows.push(row);
  }
  return [...matrices].map(([matrix, rows]) => ({ matrix, rows }));
}
