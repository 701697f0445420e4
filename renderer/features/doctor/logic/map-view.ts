// The stretch of a file that its map shows, in bytes: zooming, panning, and what lies where. Pure; drawing is map/draw-map.ts.
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { FileRange } from '#src/contract/doctor/finding.ts';

/** From `start` up to `end`, in bytes from the file's first one. */
export interface MapView {
  readonly start: number;
  readonly end: number;
}

/** Fewest bytes that a view shows. */
const leastBytes = 64;

/** One past the last byte that the map knows: past the file's end where something is missing. */
export function extentOf(map: readonly FileSegment[], fileBytes: number): number {
  const last = map.at(-1);
  return Math.max(fileBytes, last === undefined ? 0 : last.offset + last.size, 1);
}

export function wholeView(extent: number): MapView {
  return { start: 0, end: extent };
}

/** Kept inside the file, and never closer than a few bytes. */
export function clampView({ start, end }: MapView, extent: number): MapView {
  const size = Math.min(extent, Math.max(Math.min(leastBytes, extent), end - start));
  const first = Math.min(Math.max(0, start), extent - size);
  return { start: first, end: first + size };
}

/** Zooms by `factor` (2 shows half as much) around a byte that keeps its place. */
export function zoomView(view: MapView, extent: number, factor: number, around: number): MapView {
  const size = view.end - view.start;
  const next = Math.min(extent, Math.max(Math.min(leastBytes, extent), size / factor));
  const share = (around - view.start) / size;
  const start = around - share * next;
  return clampView({ start, end: start + next }, extent);
}

/** Moves by a share of what is shown: 0.25 is a quarter towards the end. */
export function panView(view: MapView, extent: number, share: number): MapView {
  const by = (view.end - view.start) * share;
  return clampView({ start: view.start + by, end: view.end + by }, extent);
}

/** Ranges fill no less than this share of a view that shows them in their part. */
const leastShare = 0.02;

/**
 * Shows ranges with room at both sides, and of the part that they lie in as much as leaves them in sight; as it is when
 * there are none.
 */
export function viewOfRanges(
  ranges: readonly FileRange[],
  extent: number,
  view: MapView,
  part?: FileRange,
): MapView {
  if (ranges.length === 0) return view;
  let start = Infinity;
  let end = 0;
  for (const range of ranges) {
    start = Math.min(start, range.offset);
    end = Math.max(end, range.offset + range.size);
  }
  const size = end - start;
  const whole = Math.min((part?.size ?? 0) * 1.3, size / leastShare);
  const room = Math.max(size * 0.6, (whole - size) / 2, leastBytes);
  return clampView({ start: start - room, end: end + room }, extent);
}

/** Moves the view, without zooming, so that a segment can be seen. */
export function viewWith(view: MapView, extent: number, { offset, size }: FileRange): MapView {
  if (offset < view.end && offset + size > view.start) return view;
  const middle = offset + size / 2;
  const half = (view.end - view.start) / 2;
  return clampView({ start: middle - half, end: middle + half }, extent);
}

/** Index of the segment that holds a byte; -1 outside. Of empty ones at the same place, the last. */
export function segmentAt(map: readonly FileSegment[], byte: number): number {
  let low = 0;
  let high = map.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const segment = map[middle];
    if (segment === undefined) break;
    if (segment.offset <= byte) {
      found = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  const segment = map[found];
  if (segment === undefined) return -1;
  return byte < segment.offset + Math.max(1, segment.size) ? found : -1;
}

/** First and last index of the segments that a view touches; undefined when it touches none. */
export function segmentsIn(
  map: readonly FileSegment[],
  view: MapView,
): { readonly first: number; readonly last: number } | undefined {
  if (map.length === 0) return undefined;
  let low = 0;
  let high = map.length;
  // The first that ends after the view's start.
  while (low < high) {
    const middle = (low + high) >> 1;
    const segment = map[middle];
    if (segment !== undefined && segment.offset + segment.size <= view.start) low = middle + 1;
    else high = middle;
  }
  const first = low;
  let last = first - 1;
  high = map.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const segment = map[middle];
    if (segment !== undefined && segment.offset < view.end) low = middle + 1;
    else high = middle;
  }
  last = low - 1;
  return last < first ? undefined : { first, last };
}

export function isDamaged({ kind, damaged }: FileSegment): boolean {
  return damaged.length > 0 || kind === 'missing';
}

/** The next segment from `from` in a direction that is wanted; `from` itself when there is none. */
export function nextSegment(
  map: readonly FileSegment[],
  from: number,
  step: 1 | -1,
  isWanted: (segment: FileSegment) => boolean,
): number {
  for (let index = from + step; index >= 0 && index < map.length; index += step) {
    const segment = map[index];
    if (segment !== undefined && isWanted(segment)) return index;
  }
  return from;
}

/** The segment in which a range begins; for what begins past the last one, the last. */
export function segmentOfRange(map: readonly FileSegment[], { offset }: FileRange): number {
  const found = segmentAt(map, offset);
  return found >= 0 ? found : map.length - 1;
}

/** Round byte offsets for the axis, about `wanted` of them. */
export function mapTicks({ start, end }: MapView, wanted: number): readonly number[] {
  const rough = (end - start) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power;
  const whole = Math.max(1, Math.round(step));
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / whole) * whole; tick <= end; tick += whole) ticks.push(tick);
  return ticks;
}

/** `12.4 MB` with as many digits as neighbouring ticks need to differ. */
export function tickText(byte: number, step: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  if (byte === 0) return '0';
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(byte) / 3)));
  const size = 1000 ** power;
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return `${(byte / size).toFixed(digits)} ${units[power] ?? ''}`;
}
