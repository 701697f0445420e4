// The low-rank product of one adapter for a run of rows, in the one order of operations that every kernel keeps.
// Innermost code of merging: it runs on worker threads for every weight that an adapter touches.
import { createScaledDeltaKernel } from '#src/kernels/scaled-delta-kernel.ts';
import type { LowRankDelta } from '#src/model/row-combination.ts';

/** Columns per block: four rows of A and the sums of one block stay in the first-level cache. */
const blockColumns = 1024;
const sums = new Float32Array(blockColumns);

/**
 * Writes scale · B·A for rows [row, row + rowCount) of B to `target`, row-major (rowCount, columns).
 *
 * Defined arithmetic, for each element: s = 0; for r ascending: s = s + b[r]·a[r]; result = scale·s. Every product, every
 * sum and the result are rounded to F32, nothing is fused. (A product of two F32 is exact in F64 and a sum of two F32
 * rounds correctly through F64, so `Math.fround` of JavaScript's F64 operations gives exactly the F32 operations.)
 */
export function scaledDeltaByDefinition(
  target: Float32Array,
  delta: LowRankDelta,
  row: number,
  rowCount: number,
  columns: number,
): void {
  const { rank, a, b } = delta;
  const scale = Math.fround(delta.scale);
  for (let firstColumn = 0; firstColumn < columns; firstColumn += blockColumns) {
    const count = Math.min(blockColumns, columns - firstColumn);
    for (let i = 0; i < rowCount; i++) {
      const bOffset = (row + i) * rank;
      sums.fill(0, 0, count);
      let r = 0;
      // Four ranks per pass over the sums: the same additions in the same order, a quarter of the loads and stores.
      for (; r + 4 <= rank; r += 4) {
        const b0 = b[bOffset + r]!;
        const b1 = b[bOffset + r + 1]!;
        const b2 = b[bOffset + r + 2]!;
        const b3 = b[bOffset + r + 3]!;
        const a0 = r * columns + firstColumn;
        const a1 = a0 + columns;
        const a2 = a1 + columns;
        const a3 = a2 + columns;
        for (let j = 0; j < count; j++) {
          let sum = sums[j]!;
          sum = Math.fround(sum + Math.fround(b0 * a[a0 + j]!));
          sum = Math.fround(sum + Math.fround(b1 * a[a1 + j]!));
          sum = Math.fround(sum + Math.fround(b2 * a[a2 + j]!));
          sums[j] = sum + Math.fround(b3 * a[a3 + j]!);
        }
      }
      for (; r < rank; r++) {
        const b0 = b[bOffset + r]!;
        const a0 = r * columns + firstColumn;
        for (let j = 0; j < count; j++) sums[j] = sums[j]! + Math.fround(b0 * a[a0 + j]!);
      }
      const out = i * columns + firstColumn;
      for (let j = 0; j < count; j++) target[out + j] = scale * sums[j]!;
    }
  }
}

/** `scaledDeltaByDefinition`, by the SIMD kernel where the runtime has one: same bits, several times faster. */
export const scaledDelta = createScaledDeltaKernel() ?? scaledDeltaByDefinition;
