// Reads one tensor record of a GGUF header, with every check of gguf_init_from_reader (ggml/src/gguf.cpp) and the
// stricter ones of ours: names are valid UTF-8 without zeros, sizes are exact in a double.
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import { ggmlTypeById, ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { invalidGguf } from './invalid-gguf.ts';
import { readStringBytes } from './read-strings.ts';
import type { GgufTensorInfo } from './types.ts';

/** Type numbers that llama.cpp once wrote and removed, by the name users know (ggml.h). */
const removedTypes: Readonly<Record<number, string>> = {
  4: 'Q4_2', 5: 'Q4_3', 31: 'Q4_0_4_4', 32: 'Q4_0_4_8', 33: 'Q4_0_8_8', 36: 'IQ4_NL_4_4', 37: 'IQ4_NL_4_8', 38: 'IQ4_NL_8_8',
}; // prettier-ignore

/** Reads the record; `index` (from 0) names it while its name is not known. */
export function readTensorInfo(cursor: ByteCursor, index: number): GgufTensorInfo {
  const name = readName(cursor, index);
  const shape = readShape(cursor, name);
  const type = readTensorType(cursor, name);
  const byteLength = checkedByteLength(cursor.label, name, type, shape);
  const offset = cursor.length64(`the offset of tensor "${name}"`);
  return { name, shape, type, offset, byteLength };
}

function readName(cursor: ByteCursor, index: number): string {
  const length = cursor.length64(`the name length of tensor ${index}`);
  if (length === 0 || length > limits.ggufTensorNameBytes) {
    throw invalidGguf(
      cursor.label,
      `the name of tensor ${index} has ${length} bytes; 1 to ${limits.ggufTensorNameBytes} are allowed`,
      { details: { tensorIndex: index, length } },
    );
  }
  cursor.position -= 8;
  const name = decodeStrictUtf8(readStringBytes(cursor, 'a tensor name'));
  if (name === undefined || name.includes('\0')) {
    throw invalidGguf(cursor.label, `the name of tensor ${index} is not valid UTF-8 text`, {
      details: { tensorIndex: index },
    });
  }
  return name;
}

function readShape(cursor: ByteCursor, name: string): number[] {
  const dimensionCount = cursor.uint32();
  if (dimensionCount > limits.ggufDimensions) {
    throw invalidGguf(
      cursor.label,
      `the tensor "${name}" has ${dimensionCount} dimensions; at most ${limits.ggufDimensions} are allowed`,
      { details: { tensor: name, dimensions: dimensionCount } },
    );
  }
  return Array.from({ length: dimensionCount }, () =>
    cursor.length64(`a dimension of tensor "${name}"`),
  );
}

function readTensorType(cursor: ByteCursor, name: string): GgmlType {
  const id = cursor.uint32();
  const type = ggmlTypeById(id);
  if (type !== undefined) return type;
  const removed = removedTypes[id];
  throw invalidGguf(
    cursor.label,
    removed === undefined
      ? `the tensor "${name}" has the unknown type ${id}`
      : `the tensor "${name}" has the type ${removed} (${id}), which llama.cpp removed`,
    {
      code: 'tensor/unsupported-type',
      hint:
        removed === undefined
          ? 'It was made for another or a newer llama.cpp, or the file is damaged.'
          : 'Quantize the original model again; llama.cpp now repacks Q4_0 and IQ4_NL when it loads them.',
      details: { tensor: name, type: id },
    },
  );
}

/** Bytes of the tensor, counted in bigints because a hostile shape overflows doubles without a sign. */
function checkedByteLength(
  label: string,
  name: string,
  type: GgmlType,
  shape: readonly number[],
): number {
  const { blockSize, bytesPerBlock } = ggmlTypes[type];
  const columns = shape[0] ?? 1;
  if (columns % blockSize !== 0) {
    throw invalidGguf(
      label,
      `the tensor "${name}" of type ${type} has rows of ${columns} weights, not a multiple of its block size ${blockSize}`,
      { details: { tensor: name, type, columns } },
    );
  }
  const elements = shape.reduce((product, size) => product * BigInt(size), 1n);
  const bytes = (elements / BigInt(blockSize)) * BigInt(bytesPerBlock);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidGguf(
      label,
      `the tensor "${name}" claims the shape ${shape.join(' x ')}, ${bytes} bytes`,
      {
        code: 'format/limit',
        details: { tensor: name, shape },
      },
    );
  }
  return Number(bytes);
}
