// Llama's q and k projections: Hugging Face keeps the two halves of every rotated pair apart, llama.cpp side by side
// (conversion/llama.py, permute). Only rows move, so only the rows that are asked for are read.
import { invariant } from '#src/errors/assert.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { TensorRows } from './tensor-rows.ts';

/** `rows` in interleaved order: within each of `headCount` heads, row (half h, pair p) goes to 2p + h. */
export function permutedRows(rows: TensorRows, headCount: number): TensorRows {
  return rows.shape.length === 1
    ? permutedVector(rows, headCount)
    : permutedMatrix(rows, headCount);
}

function permutedMatrix(rows: TensorRows, headCount: number): TensorRows {
  const rowsPerHead = rowsOfHead(rows.shape[1] ?? 0, headCount);
  const bytesPerRow = rowByteLength(rows.type, rows.shape[0] ?? 1);
  return {
    ...rows,
    async readRows(firstRow, rowCount, target, signal) {
      const end = firstRow + rowCount;
      for (let row = firstRow; row < end;) {
        const head = Math.floor(row / rowsPerHead);
        const headEnd = Math.min(end, (head + 1) * rowsPerHead);
        for (const half of [0, 1]) {
          // Rows of this half are every second one from `first` on.
          const first = row + ((row - head * rowsPerHead + half) % 2);
          const count = Math.ceil((headEnd - first) / 2);
          if (count <= 0) continue;
          const pair = Math.floor((first - head * rowsPerHead) / 2);
          const source = head * rowsPerHead + (half * rowsPerHead) / 2 + pair;
          const stored = new Uint8Array(count * bytesPerRow);
          await rows.readRows(source, count, stored, signal);
          for (let index = 0; index < count; index++) {
            target.set(
              stored.subarray(index * bytesPerRow, (index + 1) * bytesPerRow),
              (first + 2 * index - firstRow) * bytesPerRow,
            );
          }
        }
        row = headEnd;
      }
    },
  };
}

/** A bias: its elements take the place of rows. */
function permutedVector(rows: TensorRows, headCount: number): TensorRows {
  const length = rows.shape[0] ?? 0;
  const perHead = rowsOfHead(length, headCount);
  const bytes = rowByteLength(rows.type, 1);
  return {
    ...rows,
    async readRows(firstRow, rowCount, target, signal) {
      const stored = new Uint8Array(length * bytes);
      await rows.readRows(firstRow, rowCount, stored, signal);
      for (let index = 0; index < length; index++) {
        const head = Math.floor(index / perHead) * perHead;
        const inHead = index - head;
        const source = head + (inHead % 2) * (perHead / 2) + Math.floor(inHead / 2);
        target.set(stored.subarray(source * bytes, (source + 1) * bytes), index * bytes);
      }
    },
  };
}

function rowsOfHead(rowCount: number, headCount: number): number {
  const rowsPerHead = rowCount / headCount;
  invariant(
    rowsPerHead % 2 === 0,
    `${rowCount} rows do not divide into ${headCount} heads of pairs`,
  );
  return rowsPerHead;
}
