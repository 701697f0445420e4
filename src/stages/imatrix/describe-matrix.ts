// Statistics of an importance matrix, tensor by tensor: those of `llama-imatrix --show-statistics` (compute_statistics and
// compute_cossim of tools/imatrix/imatrix.cpp), added up in double precision, and what calibration left out.
import type { ImatrixTensor } from '#src/contract/quality/imatrix.ts';
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import type { ImatrixEntry } from '#src/formats/imatrix/imatrix-sums.ts';

/** Mean squared activations at or below this count as inactive there. */
const activeThreshold = 1e-5;

/** One element for each tensor, by name. Tensors whose experts all saw nothing have zeros throughout. */
export function describeEntries(entries: ReadonlyMap<string, ImatrixEntry>): ImatrixTensor[] {
  return [...entries.keys()].sort(compareCodePoints).map((name) => {
    const entry = entries.get(name)!;
    const before = entries.get(previousLayer(name) ?? '');
    return {
      name,
      ...describeEntry(entry),
      ...(before === undefined ? {} : similarity(entry, before)),
    };
  });
}

function describeEntry({ sums, counts }: ImatrixEntry): Omit<ImatrixTensor, 'name'> {
  const columns = sums.length / counts.length;
  const means: Float32Array[] = [];
  let zeroColumns = 0;
  counts.forEach((count, row) => {
    if (count <= 0) return;
    // F32, as there.
    const mean = sums.subarray(row * columns, (row + 1) * columns).map((sum) => sum / count);
    for (const value of mean) if (value === 0) zeroColumns++;
    means.push(mean);
  });
  const used = means.length;
  const elements = used * columns;
  const facts = {
    columns,
    matrices: counts.length,
    count: counts.reduce((sum, count) => sum + Math.max(0, count), 0),
    zeroColumns,
    unusedMatrices: counts.length - used,
  };
  if (elements === 0) {
    const nothing = { total: 0, mean: 0, standardDeviation: 0, minimum: 0, maximum: 0 };
    return { ...facts, ...nothing, active: 0, entropy: 0, aboveDeviation: 0 };
  }
  let [total, squares, inactive] = [0, 0, 0];
  let [minimum, maximum] = [Infinity, -Infinity];
  forEachValue(means, (value) => {
    total += value;
    squares += value * value;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    if (Math.abs(value) <= activeThreshold) inactive++;
  });
  const mean = total / elements;
  const deviation = Math.sqrt(Math.max(0, squares / elements - mean * mean));
  let [entropy, above] = [0, 0];
  forEachValue(means, (value) => {
    const share = value / total;
    if (share > 0) entropy -= share * Math.log2(share);
    if (deviation > 0 && (value - mean) / deviation > 1) above++;
  });
  return {
    ...facts,
    total,
    mean,
    standardDeviation: deviation,
    minimum,
    maximum,
    active: 1 - inactive / elements,
    entropy: elements > 1 ? entropy / Math.log2(elements) : 1,
    aboveDeviation: above / elements,
  };
}

function forEachValue(rows: readonly Float32Array[], take: (value: number) => void): void {
  for (const row of rows) for (const value of row) take(value);
}

/** `blk.4.attn_q.weight` for `blk.5.attn_q.weight`. */
function previousLayer(name: string): string | undefined {
  const match = /blk\.(\d+)\./.exec(name);
  if (match === null) return undefined;
  const start = match.index + 'blk.'.length;
  return `${name.slice(0, start)}${Number(match[1]) - 1}${name.slice(start + match[1]!.length)}`;
}

/** Cosine between the sums of a tensor and those of the same tensor one layer before. */
function similarity(entry: ImatrixEntry, before: ImatrixEntry): { previousCosine?: number } {
  if (entry.sums.length !== before.sums.length) return {};
  let [product, own, other] = [0, 0, 0];
  entry.sums.forEach((sum, index) => {
    const beside = before.sums[index]!;
    product += sum * beside;
    own += sum * sum;
    other += beside * beside;
  });
  const length = Math.sqrt(own) * Math.sqrt(other);
  return length > 0 ? { previousCosine: product / length } : {};
}
