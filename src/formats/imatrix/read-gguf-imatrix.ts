// The GGUF form of an importance matrix: for each weight a tensor `<name>.in_sum2` (channels, experts) of summed squares
// and a tensor `<name>.counts` (1, experts) of token counts.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryNumber, entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufHeader, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { checkValueCount } from './check-value-count.ts';
import { invalidImatrix } from './invalid-imatrix.ts';
import type { ImatrixFile } from './imatrix-file.ts';
import type { ImatrixEntry, ImatrixSums } from './imatrix-sums.ts';

const sumsSuffix = '.in_sum2';
const countsSuffix = '.counts';

/** The means that quantizers use. */
export async function readGgufImatrix(source: ByteSource): Promise<ImatrixFile> {
  const { entries, datasets, chunkCount, chunkSize } = await readGgufSums(source);
  const values = new Map([...entries].map(([name, entry]) => [name, meansOf(entry)]));
  return { format: 'gguf', values, datasets, chunkCount, chunkSize };
}

/** Sums and counts as they are stored. Throws `imatrix/invalid`. */
export async function readGgufSums(source: ByteSource): Promise<ImatrixSums> {
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
  const entries = new Map<string, ImatrixEntry>();
  let total = 0;
  for (const [name, pair] of pairTensors(source.label, header)) {
    total += pair.sums.byteLength / 4;
    checkValueCount(source.label, total);
    entries.set(name, await readEntry(source, header.dataOffset, name, pair));
  }
  return {
    entries,
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

async function readEntry(
  source: ByteSource,
  dataOffset: number,
  name: string,
  { sums, counts }: TensorPair,
): Promise<ImatrixEntry> {
  const values = await readFloats(source, dataOffset, sums);
  const tokenCounts = await readFloats(source, dataOffset, counts);
  tokenCounts.forEach((value, row) => {
    if (!Number.isFinite(value))
      throw invalidImatrix(source.label, `the count ${row} of "${name}" is ${value}`);
  });
  // lround; values that are not positive all mean "no token".
  return { sums: values, counts: Float64Array.from(tokenCounts, (count) => Math.round(count)) };
}

/** sum / count for each row of channels, in place; experts that saw no token get 1 everywhere. */
function meansOf({ sums, counts }: ImatrixEntry): Float32Array {
  const channels = sums.length / counts.length;
  counts.forEach((count, row) => {
    const channelsOfRow = sums.subarray(row * channels, (row + 1) * channels);
    if (count <= 0) channelsOfRow.fill(1);
    // A float32 division: rounding the double quotient of two floats to float32 gives the same bits.
    else channelsOfRow.forEach((sum, index) => (channelsOfRow[index] = sum / count));
  });
  return sums;
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
