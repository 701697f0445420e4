// Where tensors lie in a GGUF file: contiguous in the order of their records, each padded to the alignment
// (gguf.cpp demands exactly that), and inside the file.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { invalidGguf } from './invalid-gguf.ts';
import type { GgufEntry, GgufTensorInfo } from './types.ts';

export const defaultAlignment = 32;

/** `general.alignment` of the metadata, checked; 32 when absent. */
export function readAlignment(label: string, metadata: readonly GgufEntry[]): number {
  const entry = metadata.find(({ key }) => key === 'general.alignment');
  if (entry === undefined) return defaultAlignment;
  if (entry.value.type !== 'uint32') {
    throw invalidGguf(label, `"general.alignment" is of type ${entry.value.type}, not uint32`, {
      details: { valueType: entry.value.type },
    });
  }
  const alignment = entry.value.value;
  if (!Number.isInteger(Math.log2(alignment)) || alignment > limits.ggufAlignment) {
    throw invalidGguf(
      label,
      `"general.alignment" is ${alignment}, not a power of two up to ${limits.ggufAlignment}`,
      { details: { alignment } },
    );
  }
  return alignment;
}

export function padTo(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}

/**
 * Checks that the offsets are the sums of the padded sizes before them and that every tensor ends inside the file.
 * The last tensor's padding may be missing, and anything may follow it (bundles carry adapters there).
 */
export function checkTensorLayout(
  source: ByteSource,
  tensors: readonly GgufTensorInfo[],
  alignment: number,
  dataOffset: number,
): void {
  let expected = 0;
  let firstMissing: GgufTensorInfo | undefined;
  for (const tensor of tensors) {
    if (tensor.offset !== expected) {
      throw invalidGguf(
        source.label,
        `the tensor "${tensor.name}" has the offset ${tensor.offset}, but ${expected} follows from the tensors before it`,
        { details: { tensor: tensor.name, offset: tensor.offset, expected } },
      );
    }
    expected = padTo(tensor.offset + tensor.byteLength, alignment);
    if (dataOffset + expected > Number.MAX_SAFE_INTEGER) {
      throw invalidGguf(
        source.label,
        `the tensors up to "${tensor.name}" claim ${expected} bytes`,
        {
          code: 'format/limit',
          details: { tensor: tensor.name },
        },
      );
    }
    if (dataOffset + tensor.offset + tensor.byteLength > source.size) firstMissing ??= tensor;
  }
  if (firstMissing === undefined) return;
  const last = tensors.at(-1) ?? firstMissing;
  const expectedSize = dataOffset + last.offset + last.byteLength;
  const missingBytes = expectedSize - source.size;
  throw invalidGguf(
    source.label,
    `${missingBytes} bytes are missing: the file has ${source.size} bytes, its tensors need ${expectedSize}; "${firstMissing.name}" is the first tensor that is not complete`,
    {
      code: 'format/truncated',
      hint: 'The download or copy is incomplete: continue or repeat it.',
      details: {
        firstMissingTensor: firstMissing.name,
        missingBytes,
        expectedSize,
        size: source.size,
      },
    },
  );
}
