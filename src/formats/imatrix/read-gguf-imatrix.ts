// The GGUF form of an importance matrix: for each weight a tensor `<name>.in_sum2` (channels, experts) of summed squares
// and a tensor `<name>.counts` (1, experts) of token counts.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryNumber, entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufHeader, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { checkValueCount } from './check-value-count.ts';
import { invalidImatrix } from './invalid-imatrix.ts';
import type { ImatrixFile } from './imatrix-file.ts';

const sumsSuffix = '.in_sum2';
const countsSuffix = '.counts';

export async function readGgufImatrix(source: ByteSource): Promise<ImatrixFile> {
  const header = await readGgufHeader(source);
  const datasets = entryValue(header.metadata, 'imatrix.datasets');
  const chunkCount = entryNumber(header.metadata, 'imatrix.chunk_count');
  const chunkSize = entryNumber(header.metadata, 'imatrix.chunk_size');
  if (datasets === undefined || chunkCount === undefined || chunkSize === undefined) {
    throw invalidImatrix(
      source.label,
      'this GGUF file has no imatrix.datasets, imatrix.chunk_count and imatrix.chunk_size, so it is not an importance matrix',
    );
  }
  const pairs = pairTensors(source.label, header);
  const values = new Map<string, Float32Array>();
  let total = 0;
  for (const [name, { sums, counts }] of pairs) {
    total += sums.byteLength / 4;
    checkValueCount(source.label, total);
    values.set(name, await meansOf(source, header.dataOffset, name, sums, counts));
  }
  return {
    format: 'gguf',
    values,
    datasets: datasets.type === 'array' && datasets.elementType === 'string' ? datasets.value : [],
    chunkCount,
    chunkSize,
  };
}

interface TensorPair {
  readonly sums: GgufTensorInfo;
  readonly counts: GgufTensorInfo;
}

function pairTensors(label: string, header: GgufHeader): ReadonlyMap<string, TensorPair> {
  const sumsOf = withSuffix(header, sumsSuffix);
  const countsOf = withSuffix(header, countsSuffix);
  if (sumsOf.size === 0) throw invalidImatrix(label, 'it holds no entries');
  for (const name of countsOf.keys()) {
    if (!sumsOf.has(name)) throw invalidImatrix(label, `"${name}" has counts but no sums`);
  }
  const pairs = new Map<string, TensorPair>();
  for (const [name, sums] of sumsOf) {
    const counts = countsOf.get(name);
    if (counts === undefined) throw invalidImatrix(label, `"${name}" has sums but no counts`);
    if (sums.type !== 'F32' || counts.type !== 'F32') {
      throw invalidImatrix(
        label,
        `the sums and counts of "${name}" are ${sums.type} and ${counts.type}, not F32`,
      );
    }
    if (
      counts.byteLength === 0 ||
      sums.byteLength === 0 ||
      sums.byteLength % counts.byteLength !== 0
    ) {
      throw invalidImatrix(
        label,
        `"${name}" has ${sums.byteLength / 4} sums for ${counts.byteLength / 4} counts`,
      );
    }
    pairs.set(name, { sums, counts });
  }
  return pairs;
}

function withSuffix(header: GgufHeader, suffix: string): ReadonlyMap<string, GgufTensorInfo> {
  return new Map(
    header.tensors
      .filter(({ name }) => name.endsWith(suffix))
      .map((tensor) => [tensor.name.slice(0, -suffix.length), tensor]),
  );
}

/** sum / count for each row of channels; experts that saw no token get 1 everywhere. */
async function meansOf(
  source: ByteSource,
  dataOffset: number,
  name: string,
  sums: GgufTensorInfo,
  counts: GgufTensorInfo,
): Promise<Float32Array> {
  const means = await readFloats(source, dataOffset, sums);
  const tokenCounts = await readFloats(source, dataOffset, counts);
  const channels = means.length / tokenCounts.length;
  tokenCounts.forEach((value, row) => {
    if (!Number.isFinite(value))
      throw invalidImatrix(source.label, `the count ${row} of "${name}" is ${value}`);
    // lround; values that are not positive all mean "no token".
    const count = Math.round(value);
    const channelsOfRow = means.subarray(row * channels, (row + 1) * channels);
    if (count <= 0) channelsOfRow.fill(1);
    // A float32 division: rounding the double quotient of two floats to float32 gives the same bits.
    else channelsOfRow.forEach((sum, index) => (channelsOfRow[index] = sum / count));
  });
  return means;
}

async function readFloats(
  source: ByteSource,
  dataOffset: number,
  tensor: GgufTensorInfo,
): Promise<Float32Array> {
  const values = new Float32Array(tensor.byteLength / 4);
  await source.readInto(new Uint8Array(values.buffer), dataOffset + tensor.offset);
  return values;
}
