// Encodes an importance matrix as llama-imatrix does (save_imatrix of tools/imatrix/imatrix.cpp): for the same sums, counts
// and datasets the bytes are the same.
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import { stringArrayEntry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { encodeGgufHeader, ggmlShape } from '#src/formats/gguf/write-header.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ImatrixSums } from './imatrix-sums.ts';

const alignment = 32;

/**
 * The whole file. `extra` metadata follows llama-imatrix's own. Throws `gguf/invalid` for names that do not fit, and
 * `format/limit` for a matrix that one array cannot hold.
 */
export function encodeGgufImatrix(
  matrix: ImatrixSums,
  extra: readonly GgufEntry[] = [],
): Uint8Array<ArrayBuffer> {
  const names = [...matrix.entries.keys()].sort(compareCodePoints);
  const values = names.flatMap((name) => {
    const { sums, counts } = matrix.entries.get(name)!;
    const rows = counts.length;
    const tensor = (suffix: string, shape: readonly number[], data: Float32Array) => ({
      tensor: { name: `${name}.${suffix}`, shape: ggmlShape(shape), type: 'F32' as const },
      data,
    });
    return [
      tensor('in_sum2', [sums.length / rows, rows], sums),
      tensor('counts', [1, rows], Float32Array.from(counts)),
    ];
  });
  const header = encodeGgufHeader({
    version: 3,
    alignment,
    metadata: [
      stringEntry('general.type', 'imatrix'),
      stringArrayEntry('imatrix.datasets', matrix.datasets),
      uint32Entry('imatrix.chunk_count', matrix.chunkCount),
      uint32Entry('imatrix.chunk_size', matrix.chunkSize),
      ...extra,
    ],
    tensors: values.map(({ tensor }) => tensor),
  });
  const file = allocate(header.fileSize);
  file.set(header.bytes);
  header.tensors.forEach(({ offset }, index) => {
    const { data } = values[index]!;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    file.set(bytes, header.dataOffset + offset);
  });
  return file;
}

function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (error) {
    throw new StudioError('format/limit', `The importance matrix takes ${size} bytes.`, {
      hint: 'There is not enough memory to write it in one piece.',
      cause: error,
    });
  }
}
