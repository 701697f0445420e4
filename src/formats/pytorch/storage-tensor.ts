// A tensor over a storage: a strided view of a range of the file. Almost all are contiguous and read in place; the
// others (saved transposes) are picked from their range in memory.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import {
  checkpointTensor,
  checkpointByteLength,
  checkpointDtypeBits,
  type CheckpointTensor,
} from '#src/formats/checkpoint-tensor.ts';
import { invalidPickle } from './invalid-pickle.ts';
import type { StorageRange } from './pytorch-file.ts';
import type { PickledTensor } from './pickle-values.ts';

/** Throws `pickle/invalid` when the tensor reaches beyond its storage. */
export function checkpointTensorOf(
  source: ByteSource,
  name: string,
  tensor: PickledTensor,
  range: StorageRange,
): CheckpointTensor {
  const { dtype, shape, strides } = tensor;
  const elementBytes = checkpointDtypeBits[dtype] / 8;
  const byteLength = checkpointByteLength(dtype, shape);
  const first = BigInt(tensor.storageOffset) + BigInt(tensor.storage.firstElement);
  const span = elementSpan(shape, strides);
  if (
    byteLength === undefined ||
    (first + span) * BigInt(elementBytes) > BigInt(range.byteLength)
  ) {
    throw invalidPickle(
      source.label,
      `the tensor "${name}" (${dtype}, ${shape.join(' x ')}) reaches beyond its storage of ${range.byteLength} bytes`,
      { tensor: name },
    );
  }
  const start = range.offset + Number(first) * elementBytes;
  const reader = isContiguous(shape, strides)
    ? (byteOffset: number, target: Uint8Array) => source.readInto(target, start + byteOffset)
    : stridedReader(source, name, {
        start,
        spanBytes: Number(span) * elementBytes,
        elementBytes,
        byteLength,
        shape,
        strides,
      });
  return checkpointTensor({ name, dtype, shape, byteLength }, reader);
}

/** Elements from the first to behind the last one of a strided view. */
function elementSpan(shape: readonly number[], strides: readonly number[]): bigint {
  if (shape.includes(0)) return 0n;
  return shape.reduce(
    (span, size, axis) => span + BigInt(size - 1) * BigInt(strides[axis] ?? 0),
    1n,
  );
}

/** Row-major without gaps; the stride of a dimension of 1 means nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    if (size === 0) return true;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

interface StridedRange {
  /** File offset of the first element. */
  readonly start: number;
  readonly spanBytes: number;
  readonly elementBytes: number;
  readonly byteLength: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Reads the range when first asked, keeps it, and picks the elements in row-major order from it. */
function stridedReader(
  source: ByteSource,
  name: string,
  range: StridedRange,
): (byteOffset: number, target: Uint8Array) => Promise<void> {
  if (Math.max(range.spanBytes, range.byteLength) > limits.stridedBytes) {
    throw invalidPickle(
      source.label,
      `the tensor "${name}" has ${range.byteLength} bytes that are not in order; up to ${limits.stridedBytes} are put in order`,
      { tensor: name },
    );
  }
  let bytes: Promise<Uint8Array> | undefined;
  return async (byteOffset, target) => {
    bytes ??= readBytes(source, range.start, range.spanBytes);
    gather(await bytes, range, byteOffset, target);
  };
}

function gather(
  bytes: Uint8Array,
  { shape, strides, elementBytes }: StridedRange,
  byteOffset: number,
  target: Uint8Array,
): void {
  const index = indexOfElement(Math.floor(byteOffset / elementBytes), shape);
  let from = index.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0) * elementBytes, 0);
  let byte = byteOffset % elementBytes;
  for (let to = 0; to < target.length; to++) {
    target[to] = bytes[from + byte] ?? 0;
    if (++byte < elementBytes) continue;
    byte = 0;
    // Odometer: the last axis counts fastest.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = (strides[axis] ?? 0) * elementBytes;
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= stride * next;
    }
  }
}

/** Position along each axis of an element in row-major order. */
function indexOfElement(element: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length).fill(0);
  let rest = element;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    index[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return index;
}
