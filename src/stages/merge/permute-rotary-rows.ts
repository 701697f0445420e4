// Llama's q and k projections change their order of rows on the way to GGUF; an adapter's B has the same rows.
import { invariant } from '#src/errors/assert.ts';

/**
 * Reorders the rows of row-major `values` (rows, columns) as the transform `permute-rotary-rows` does: within each head,
 * row (half h, pair p) goes to 2p + h (conversion/llama.py, `permute`).
 */
export function permuteRotaryRows(
  values: Float32Array,
  rows: number,
  columns: number,
  headCount: number,
): Float32Array {
  invariant(rows % (2 * headCount) === 0, `${rows} rows in ${headCount} heads of two halves`);
  const half = rows / headCount / 2;
  const result = new Float32Array(values.length);
  for (let head = 0; head < headCount; head++) {
    for (let h = 0; h < 2; h++) {
      for (let pair = 0; pair < half; pair++) {
        const source = ((head * 2 + h) * half + pair) * columns;
        const target = ((head * half + pair) * 2 + h) * columns;
        result.set(values.subarray(source, source + columns), target);
      }
    }
  }
  return result;
}
