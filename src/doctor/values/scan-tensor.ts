// One pass over a tensor's bytes, slab by slab: numbers that are not finite, magnitudes that no weight has, stretches of
// zero bytes, and a mark by which equal tensors find each other. Plain loops over bytes: half a gigabyte takes a second.
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import {
  firstNotFinite,
  magnitudeOf,
  magnitudesOf,
  patternAbove,
  type Magnitudes,
} from './magnitudes.ts';
import { addRows, joinRows, type RowRange } from './row-ranges.ts';

/** Zero bytes in a row that are no coincidence: a page of memory or of a disk. */
const holeBytes = 4096;
/** Bytes looked at together; the first word that is not zero ends the look. */
const chunkBytes = 512;
/**
 * What no weight reaches: 256, and 4,096 times the tensor's median magnitude. The upper exponent bit of a scale, which one
 * flipped bit sets, multiplies it by 65,536. Of all trained matrices at hand the largest stand for 14 (an embedding in
 * Q5_K) and 285 times their median (MiniLM's feed-forward weights), so both bounds are more than ten times away.
 */
const absurdWeight = 256;
const absurdRatio = 4096;
/** Places that are kept until the median is known. */
const keptPlaces = 4096;

export interface ScannedTensor {
  readonly notFinite: { readonly count: number; readonly nan: number; readonly rows: readonly RowRange[] }; // prettier-ignore
  readonly absurd:
    | { readonly count: number; readonly largest: number; readonly median: number; readonly rows: readonly RowRange[] } // prettier-ignore
    | undefined;
  /** Of at least 4 KiB, relative to the tensor's first byte. */
  readonly zeroRuns: readonly { readonly start: number; readonly end: number }[];
  readonly isZero: boolean;
  /** Equal for equal bytes. */
  readonly mark: string;
}

export interface TensorScan {
  /** Whole blocks, in order. */
  feed(bytes: Uint8Array): void;
  finish(): ScannedTensor;
}

export interface ScannedShape {
  readonly type: GgmlType;
  readonly shape: readonly number[];
  readonly littleEndian: boolean;
  /** ggml's own check, for types whose scales this scan does not know. */
  readonly isFinite: (type: GgmlType, bytes: Uint8Array) => boolean;
}

export function scanTensor({ type, shape, littleEndian, isFinite }: ScannedShape): TensorScan {
  const magnitudes = magnitudesOf(type);
  const { blockSize, bytesPerBlock, kind } = ggmlTypes[type];
  const columns = shape[0] ?? 1;
  const isMatrix = rowCountOf(shape) > 1;
  const rowOf = (offset: number) => Math.floor(((offset / bytesPerBlock) | 0) * blockSize / columns); // prettier-ignore
  const lastRowOf = (offset: number) => Math.floor((Math.floor(offset / bytesPerBlock) * blockSize + blockSize - 1) / columns); // prettier-ignore
  const badRows: RowRange[] = [];
  const large: { pattern: number; place: number; offset: number }[] = [];
  let notFinite = 0;
  let nan = 0;
  const histograms = magnitudes?.places.map(() => new Uint32Array(isMatrix ? 32_768 : 0)) ?? [];
  const zeros = scanZeros();
  let fed = 0;

  const feedMagnitudes = (bytes: Uint8Array, about: Magnitudes) => {
    const { encoding, stride, places, reach } = about;
    const infinite = firstNotFinite(encoding);
    const limit = isMatrix ? patternAbove(encoding, absurdWeight / reach) : infinite;
    const width = encoding === 'float32' ? 4 : 2;
    const high = littleEndian ? width - 1 : 0;
    const low = littleEndian ? width - 2 : 1;
    // Of single values a sample is enough for a median.
    const step = about.areScales ? 1 : 16;
    for (const [index, place] of places.entries()) {
      const histogram = histograms[index];
      let untilSample = 0;
      for (let at = place; at < bytes.length; at += stride) {
        const pattern = (((bytes[at + high] as number) & 0x7f) << 8) | (bytes[at + low] as number);
        if (pattern >= limit) {
          const offset = fed + at;
          if (pattern >= infinite) {
            notFinite++;
            // Of F32, a lower half that is not zero makes a NaN too.
            const rest = encoding === 'float32' ? (bytes[at + (littleEndian ? 0 : 2)] as number) | (bytes[at + (littleEndian ? 1 : 3)] as number) : 0; // prettier-ignore
            if (pattern > infinite || rest !== 0) nan++;
            addRows(badRows, rowOf(offset), lastRowOf(offset) - rowOf(offset) + 1);
          } else if (large.length < keptPlaces) large.push({ pattern, place: index, offset });
        }
        if (isMatrix && untilSample-- === 0) {
          if (histogram !== undefined) histogram[pattern] = (histogram[pattern] ?? 0) + 1;
          untilSample = step - 1;
        }
      }
    }
  };

  /** ggml only says whether a piece is sound: halved until the row is known. */
  const feedUnknown = (bytes: Uint8Array, offset: number) => {
    if (isFinite(type, bytes)) return;
    const blocks = bytes.length / bytesPerBlock;
    if (blocks <= 1) {
      notFinite++;
      nan++;
      addRows(badRows, rowOf(offset), lastRowOf(offset) - rowOf(offset) + 1);
      return;
    }
    const half = Math.floor(blocks / 2) * bytesPerBlock;
    feedUnknown(bytes.subarray(0, half), offset);
    feedUnknown(bytes.subarray(half), offset + half);
  };

  return {
    feed(bytes) {
      if (magnitudes !== undefined) feedMagnitudes(bytes, magnitudes);
      else if (kind !== 'integer' && littleEndian) feedUnknown(bytes, fed);
      zeros.feed(bytes);
      fed += bytes.length;
    },
    finish() {
      return {
        notFinite: { count: notFinite, nan, rows: joinRows(badRows) },
        absurd: magnitudes === undefined ? undefined : absurdOf(magnitudes, large, histograms, rowOf, lastRowOf), // prettier-ignore
        ...zeros.finish(),
      };
    },
  };
}

function absurdOf(
  { encoding, reach }: Magnitudes,
  large: readonly { pattern: number; place: number; offset: number }[],
  histograms: readonly Uint32Array[],
  rowOf: (offset: number) => number,
  lastRowOf: (offset: number) => number,
): ScannedTensor['absurd'] {
  if (large.length === 0) return undefined;
  const medians = histograms.map((histogram) => magnitudeOf(encoding, medianOf(histogram)));
  const absurd = large.filter(({ pattern, place }) => magnitudeOf(encoding, pattern) > absurdRatio * (medians[place] ?? 0)); // prettier-ignore
  const [first] = absurd;
  if (first === undefined) return undefined;
  const worst = absurd.reduce((most, each) => (each.pattern > most.pattern ? each : most), first);
  const rows: RowRange[] = [];
  for (const { offset } of [...absurd].sort((left, right) => left.offset - right.offset)) {
    addRows(rows, rowOf(offset), lastRowOf(offset) - rowOf(offset) + 1);
  }
  return {
    count: absurd.length,
    largest: magnitudeOf(encoding, worst.pattern) * reach,
    median: (medians[worst.place] ?? 0) * reach,
    rows,
  };
}

/** Zeros are left out: rows that are empty by design say nothing about the others. */
function medianOf(histogram: Uint32Array): number {
  let total = 0;
  for (let pattern = 1; pattern < histogram.length; pattern++) total += histogram[pattern] ?? 0;
  let seen = 0;
  for (let pattern = 1; pattern < histogram.length; pattern++) {
    seen += histogram[pattern] ?? 0;
    if (seen * 2 >= total) return pattern;
  }
  return 0;
}

function scanZeros() {
  const runs: { start: number; end: number }[] = [];
  let position = 0;
  /** Where the zeros that reach up to `position` begin. */
  let start = 0;
  let isZero = true;
  let first = 0x811c_9dc5;
  let second = 0;
  const close = (end: number) => {
    if (end - start >= holeBytes) runs.push({ start, end });
  };
  return {
    feed(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        const end = Math.min(bytes.length, at + chunkBytes);
        let index = at;
        while (index < end && bytes[index] === 0) index++;
        const middle = (at + end) >> 1;
        const sample = ((bytes[at] as number) << 24) | ((bytes[middle] as number) << 16) | ((bytes[end - 1] as number) << 8) | (bytes[(middle + end) >> 1] as number); // prettier-ignore
        first = Math.imul(first ^ sample, 0x0100_0193);
        second = (Math.imul(second, 31) + sample) | 0;
        if (index === end) continue;
        isZero = false;
        close(position + index);
        let back = end - 1;
        while (bytes[back] === 0) back--;
        start = position + back + 1;
      }
      position += bytes.length;
    },
    finish() {
      close(position);
      return { zeroRuns: runs, isZero: isZero && position > 0, mark: `${position} ${first} ${second}` }; // prettier-ignore
    },
  };
}
