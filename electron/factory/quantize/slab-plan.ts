// How tensors are cut into slabs: runs of rows that are read, computed and written as one. Memory is bounded by them.
import { rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';

/** F32 bytes of one slab. 4 MiB (a million weights) keep every core busy and cost some 10 MiB per slab under way. */
export const defaultSlabBytes = 4 * 1024 * 1024;
/** All slab buffers together, however many cores work on them: with every worker a pass then stays below 1.5 GB. */
export const slabMemoryBytes = 256 * 1024 * 1024;
/** Smaller slabs would cost more in messages than their rows in arithmetic. */
const leastSlabBytes = 64 * 1024;
/** Typed arrays over a slab must start at multiples of their element size; a cache line keeps encodings apart, too. */
const regionAlignment = 64;

export interface SlabLayout {
  readonly columns: number;
  readonly rowCount: number;
  readonly rowsPerSlab: number;
  /** Offset of each encoding in a slab's buffer, in the order of `types`. The source rows are at 0. */
  readonly offsets: readonly number[];
  /** Bytes that a buffer for these slabs needs. */
  readonly byteLength: number;
}

/** Lays the slabs of one tensor out; `types` are the encodings that have to be computed. */
export function layOutSlabs(
  source: Pick<TensorView, 'shape' | 'type'>,
  types: readonly GgmlType[],
  slabBytes: number,
): SlabLayout {
  const columns = source.shape[0] ?? 1;
  const rowCount = rowCountOf(source.shape);
  const rowsPerSlab = Math.max(1, Math.min(rowCount, Math.floor(slabBytes / (columns * 4))));
  const sizes = [source.type, ...types].map((type) => rowsPerSlab * rowByteLength(type, columns));
  let end = 0;
  const starts = sizes.map((size) => {
    const start = end;
    end = Math.ceil((start + size) / regionAlignment) * regionAlignment;
    return start;
  });
  return { columns, rowCount, rowsPerSlab, offsets: starts.slice(1), byteLength: end };
}

/** The wanted slab size, or a smaller one where `count` buffers of `largest(size)` bytes would exceed the memory for slabs. */
export function fittingSlabBytes(
  wanted: number,
  count: number,
  largest: (slabBytes: number) => number,
): number {
  const needed = count * largest(wanted);
  if (needed <= slabMemoryBytes || wanted <= leastSlabBytes) return wanted;
  return Math.max(leastSlabBytes, Math.floor((wanted * slabMemoryBytes) / needed));
}
