// Conv1D weights of GPT-2 lie transposed. A tensor of ordinary size is read once and kept until its neighbours need the
// room; a larger one is read in blocks of columns, so that memory never grows with the tensor.
import { invariant } from '#src/errors/assert.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { TensorRows } from './tensor-rows.ts';

/** The largest matrix of GPT-2 XL has 41 MB in F32. */
const largestKeptBytes = 64 * 2 ** 20;
const keptTensors = 2;

/** The bytes of the last few whole tensors; one per open model. */
export class WholeTensorCache {
  readonly #kept = new Map<CheckpointTensor, Promise<Uint8Array>>();

  /** Reads a tensor, or gives what was read before. */
  load(tensor: CheckpointTensor): Promise<Uint8Array> {
    const known = this.#kept.get(tensor);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(tensor.byteLength);
    const reading = tensor.read(0, bytes).then(() => bytes);
    reading.catch(() => this.#kept.delete(tensor));
    this.#kept.set(tensor, reading);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptTensors) break;
      this.#kept.delete(oldest);
    }
    return reading;
  }

  clear(): void {
    this.#kept.clear();
  }
}

export interface TransposeOptions {
  readonly cache: WholeTensorCache;
  /** Tensors above this size are read in blocks of columns. */
  readonly largestKept?: number;
}

/** Rows of the transpose of a stored matrix (columns, rows): row r is the stored column r. */
export function transposedRows(
  tensor: CheckpointTensor<WeightDtype>,
  { cache, largestKept = largestKeptBytes }: TransposeOptions,
): TensorRows {
  invariant(tensor.shape.length === 2, `transposing ${tensor.name}, which is not a matrix`);
  const [columns = 0, rows = 0] = tensor.shape;
  const size = rowByteLength(tensor.dtype, 1);
  return {
    shape: [columns, rows],
    type: tensor.dtype,
    async readRows(firstRow, rowCount, target, signal) {
      signal?.throwIfAborted();
      if (tensor.byteLength <= largestKept) {
        const stored = await cache.load(tensor);
        transposeInto(stored, { columns, stride: rows, first: firstRow, rowCount, size }, target);
        return;
      }
      const block = new Uint8Array(columns * rowCount * size);
      for (let column = 0; column < columns; column++) {
        if (column % 64 === 0) signal?.throwIfAborted();
        const part = block.subarray(column * rowCount * size, (column + 1) * rowCount * size);
        await tensor.read((column * rows + firstRow) * size, part);
      }
      transposeInto(block, { columns, stride: rowCount, first: 0, rowCount, size }, target);
    },
  };
}

interface StoredMatrix {
  /** Stored rows, which become columns. */
  readonly columns: number;
  /** Elements of a stored row. */
  readonly stride: number;
  readonly first: number;
  readonly rowCount: number;
  /** Bytes of an element: 2 or 4. */
  readonly size: number;
}

/** Square tiles keep both sides in the cache of a core. */
const tile = 64;

function transposeInto(stored: Uint8Array, matrix: StoredMatrix, target: Uint8Array): void {
  const { columns, stride, first, rowCount, size } = matrix;
  const source = elementsOf(stored, size);
  // Typed arrays need alignment, which the caller's buffer may not have.
  const aligned = target.byteOffset % size === 0;
  const result = elementsOf(aligned ? target : new Uint8Array(target.byteLength), size);
  for (let rowTile = 0; rowTile < rowCount; rowTile += tile) {
    const rowEnd = Math.min(rowCount, rowTile + tile);
    for (let columnTile = 0; columnTile < columns; columnTile += tile) {
      const columnEnd = Math.min(columns, columnTile + tile);
      for (let row = rowTile; row < rowEnd; row++) {
        for (let column = columnTile; column < columnEnd; column++) {
          result[row * columns + column] = source[column * stride + first + row] ?? 0;
        }
      }
    }
  }
  if (!aligned) target.set(new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
}

function elementsOf(bytes: Uint8Array, size: number): Uint16Array | Uint32Array {
  return size === 2
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
