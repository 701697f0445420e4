// The work of one row worker on one slab: decode to F32, add adapters, encode once per wanted type, check. It goes through
// the slab in cache-sized pieces, so that the F32 values are read from the cache by every encoding.
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { RowFailure, RowTask } from './row-task.ts';

/** Weights per piece (256 KB of F32): it stays in the second-level cache. */
const pieceElements = 65_536;

/** Runs a task; the encoded rows are then in its buffer. Gives the first value that is not finite, if there is one. */
export function runRowTask(encoder: RowEncoder, task: RowTask): RowFailure | undefined {
  const { buffer, sourceType, columns, rowCount } = task;
  const source = new Uint8Array(buffer, 0, rowCount * rowByteLength(sourceType, columns));
  // llama-quantize checks every source row, also those that it only copies.
  if (!encoder.codec.isFinite(sourceType, source)) {
    return findNotFinite(encoder, task, source);
  }
  if (task.jobs.length === 0) return undefined;
  for (let row = 0; row < rowCount;) {
    const count = pieceRows(task, row);
    const failure = runPiece(encoder, task, source, row, count);
    if (failure !== undefined) return failure;
    row += count;
  }
  return undefined;
}

/** Pieces end at matrix borders, where the importance weights change. */
function pieceRows({ columns, firstRow, rowCount, rowsPerMatrix }: RowTask, row: number): number {
  const fitting = Math.max(1, Math.floor(pieceElements / columns));
  const toBorder = rowsPerMatrix - ((firstRow + row) % rowsPerMatrix);
  return Math.min(fitting, toBorder, rowCount - row);
}

function runPiece(
  encoder: RowEncoder,
  task: RowTask,
  source: Uint8Array,
  row: number,
  count: number,
): RowFailure | undefined {
  const { codec } = encoder;
  const { columns, firstRow, combination } = task;
  const rows = floatRows(encoder, task, source, row, count);
  if (combination !== null) {
    combineRows(rows, firstRow + row, count, columns, combination);
    if (!codec.isFinite('F32', rows)) {
      return { where: 'merged', type: 'F32', ...placeOf(rows, firstRow + row, columns) };
    }
  }
  const matrix = Math.floor((firstRow + row) / task.rowsPerMatrix);
  for (const { type, offset, importance } of task.jobs) {
    const rowBytes = rowByteLength(type, columns);
    const target = new Uint8Array(task.buffer, offset + row * rowBytes, count * rowBytes);
    const weights = importance?.subarray(matrix * columns, (matrix + 1) * columns) ?? null;
    encoder.encode(type, rows, count, columns, weights, target);
    if (!codec.isFinite(type, target)) return { where: 'encoded', type, row: firstRow + row };
  }
  return undefined;
}

/** The piece as F32 in the encoder's memory. */
function floatRows(
  encoder: RowEncoder,
  { sourceType, columns }: Pick<RowTask, 'sourceType' | 'columns'>,
  source: Uint8Array,
  row: number,
  count: number,
): Float32Array {
  const rowBytes = rowByteLength(sourceType, columns);
  const bytes = new Uint8Array(source.buffer, source.byteOffset + row * rowBytes, count * rowBytes);
  return encoder.decode(sourceType, bytes, count * columns);
}

/** Looks for the value that a check refused; slow, and only done once. */
function findNotFinite(encoder: RowEncoder, task: RowTask, source: Uint8Array): RowFailure {
  const { columns, firstRow, rowCount, sourceType } = task;
  for (let row = 0; row < rowCount; row++) {
    const rows = floatRows(encoder, task, source, row, 1);
    const place = placeOf(rows, firstRow + row, columns);
    if (place.value !== undefined) return { where: 'source', type: sourceType, ...place };
  }
  return { where: 'source', type: sourceType };
}

function placeOf(
  rows: Float32Array,
  firstRow: number,
  columns: number,
): Pick<RowFailure, 'row' | 'column' | 'value'> {
  const index = rows.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return { row: firstRow };
  return {
    row: firstRow + Math.floor(index / columns),
    column: index % columns,
    value: String(rows[index]),
  };
}
