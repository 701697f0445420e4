// A tensor over a storage: a strided view of a range of the file. Almost all are contiguous and read in place; the
// others (saved transposes) are put in order in memory, once.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import {
  checkpointByteLength,
  checkpointDtypeBits,
  type CheckpointTensor,
} from '#src/formats/checkpoint-tensor.ts';
import { invariant } from '#src/errors/assert.ts';
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
  const inOrder = isContiguous(shape, strides)
    ? undefined
    : orderedCopy(source, name, {
        start,
        spanBytes: Number(span) * elementBytes,
        elementBytes,
        byteLength,
        shape,
        strides,
      });
  return {
    name,
    dtype,
    shape,
    byteLength,
    async read(byteOffset, target) {
      invariant(
        byteOffset >= 0 && byteOffset + target.byteLength <= byteLength,
        `reading ${target.byteLength} bytes at ${byteOffset} of ${name} (${byteLength} bytes)`,
      );
      if (inOrder === undefined) return source.readInto(target, start + byteOffset);
      const bytes = await inOrder();
      target.set(bytes.subarray(byteOffset, byteOffset + target.byteLength));
    },
  };
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

/** Reads the range and copies its elements into row-major order, when first asked. */
function orderedCopy(
  source: ByteSource,
  name: string,
  range: StridedRange,
): () => Promise<Uint8Array> {
  if (Math.max(range.spanBytes, range.byteLength) > limits.stridedBytes) {
    throw invalidPickle(
      source.label,
      `the tensor "${name}" has ${range.byteLength} bytes that are not in order; up to ${limits.stridedBytes} are put in order`,
      { tensor: name },
    );
  }
  let copy: Promise<Uint8Array> | undefined;
  return () =>
    (copy ??= readBytes(source, range.start, range.spanBytes).then((bytes) =>
      gather(bytes, range),
    ));
}

function gather(
  bytes: Uint8Array,
  { shape, strides, elementBytes, byteLength }: StridedRange,
): Uint8Array {
  const target = new Uint8Array(byteLength);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < byteLength; to += elementBytes) {
    for (let byte = 0; byte < elementBytes; byte++) target[to + byte] = bytes[from + byte] ?? 0;
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
  return target;
}
