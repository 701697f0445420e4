// Adds adapters to rows of one base tensor. Pure arithmetic over plain data, run on worker threads slab by slab; the
// order of operations is fixed (design.md section 4), so results do not depend on how a tensor is cut into slabs.
import { assertNever } from '#src/errors/assert.ts';
import type { LowRankDelta, RowCombination } from '#src/model/row-combination.ts';
import { applyDareMask } from './dare-mask.ts';
import { scaledDelta } from './scaled-delta.ts';

/** Elements of one adapter's delta that are held at a time (256 KB): large enough to amortise, small enough to stay cached. */
const chunkElements = 65536;
const scratch: Float32Array[] = [];

/**
 * Turns base rows into merged rows in place: `rows` is row-major (rowCount, columns) and holds rows
 * [firstRow, firstRow + rowCount) of the tensor.
 *
 * With d_i = the scaled delta of adapter i (see `scaledDelta`), every operation rounded to F32, adapters in order:
 * - sum:  w = w + d_0, then + d_1, ...
 * - dare: as sum, with d_i masked and divided by the density (see `applyDareMask`).
 * - ties: d_i with |d_i| < threshold_i becomes 0 (equal magnitudes stay); the elected sign is that of d_0 + d_1 + ...,
 *   positive when that is 0; w = w + (sum of the d_i that have the elected sign) / (their number).
 * - dora: v = w + d_0; w = (m / n)·v with n = ‖v‖ of the row: squares summed in F64 by ascending column, the root rounded
 *   to F32 (a row with n = 0 stays 0); then + d_1, ...
 */
export function combineRows(
  rows: Float32Array,
  firstRow: number,
  rowCount: number,
  columns: number,
  combination: RowCombination,
): void {
  const chunkRows = Math.max(1, Math.floor(chunkElements / columns));
  for (let done = 0; done < rowCount; done += chunkRows) {
    const count = Math.min(chunkRows, rowCount - done);
    const chunk = rows.subarray(done * columns, (done + count) * columns);
    combineChunk(chunk, firstRow + done, count, columns, combination);
  }
}

function combineChunk(
  rows: Float32Array,
  firstRow: number,
  rowCount: number,
  columns: number,
  combination: RowCombination,
): void {
  const { deltas } = combination;
  const delta = (index: number, slot = 0) =>
    fillScratch(slot, deltas[index]!, firstRow, rowCount, columns);
  switch (combination.method) {
    case 'sum':
      deltas.forEach((_, index) => add(rows, delta(index)));
      return;
    case 'dare': {
      const { density, keys } = combination;
      deltas.forEach((_, index) => {
        const values = delta(index);
        for (let i = 0; i < rowCount; i++) {
          const [key0, key1] = [keys[2 * index]!, keys[2 * index + 1]!];
          applyDareMask(values, i * columns, columns, firstRow + i, density, key0, key1);
        }
        add(rows, values);
      });
      return;
    }
    case 'ties':
      addAgreeing(
        rows,
        deltas.map((_, index) => delta(index, index)),
        combination.thresholds,
      );
      return;
    case 'dora': {
      add(rows, delta(0));
      for (let i = 0; i < rowCount; i++) {
        rescaleRow(rows, i * columns, columns, combination.magnitude[firstRow + i]!);
      }
      for (let index = 1; index < deltas.length; index++) add(rows, delta(index));
      return;
    }
    default:
      assertNever(combination);
  }
}

/** The scaled delta of these rows, in the thread's own buffer number `slot`. */
function fillScratch(
  slot: number,
  delta: LowRankDelta,
  row: number,
  rowCount: number,
  columns: number,
): Float32Array {
  const length = rowCount * columns;
  let buffer = scratch[slot];
  if (buffer === undefined || buffer.length < length) {
    buffer = new Float32Array(Math.max(length, chunkElements));
    scratch[slot] = buffer;
  }
  const values = buffer.length === length ? buffer : buffer.subarray(0, length);
  scaledDelta(values, delta, row, rowCount, columns);
  return values;
}

function add(rows: Float32Array, values: Float32Array): void {
  for (let j = 0; j < values.length; j++) rows[j] = rows[j]! + values[j]!;
}

/** Simple loops without branches: signs and magnitudes are as random as coin tosses to a processor. */
function addAgreeing(rows: Float32Array, deltas: Float32Array[], thresholds: Float32Array): void {
  const totals = new Float32Array(rows.length);
  const sums = new Float32Array(rows.length);
  const agreeing = new Uint16Array(rows.length);
  deltas.forEach((values, index) => {
    const threshold = thresholds[index]!;
    for (let j = 0; j < values.length; j++) {
      const kept = values[j]! * Number(Math.abs(values[j]!) >= threshold);
      values[j] = kept;
      totals[j] = totals[j]! + kept;
    }
  });
  for (const values of deltas) {
    for (let j = 0; j < values.length; j++) {
      const value = values[j]!;
      const sign = 2 * Number(totals[j]! >= 0) - 1;
      const agrees = Number(value * sign > 0);
      sums[j] = sums[j]! + value * agrees;
      agreeing[j] = agreeing[j]! + agrees;
    }
  }
  for (let j = 0; j < rows.length; j++) {
    rows[j] = rows[j]! + Math.fround(sums[j]! / Math.max(1, agreeing[j]!));
  }
}

function rescaleRow(rows: Float32Array, offset: number, columns: number, magnitude: number): void {
  let squares = 0;
  for (let j = 0; j < columns; j++) {
    const value = rows[offset + j]!;
    squares += value * value;
  }
  const norm = Math.fround(Math.sqrt(squares));
  if (norm === 0) return;
  const factor = Math.fround(magnitude / norm);
  for (let j = 0; j < columns; j++) rows[offset + j] = factor * rows[offset + j]!;
}
