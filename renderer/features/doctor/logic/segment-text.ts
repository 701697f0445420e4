// One part of a file in words: for the map's line and for those who hear it instead of seeing it.
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { segmentWords } from './doctor-words.ts';

/** `blk.0.attn_q.weight, Tensor, Q4_K, bytes 3,456 to 9,999, 6.54 kB, 1 damaged range`; `short` leaves name, kind and
 * damage to what stands beside it. */
export function segmentText(segment: FileSegment, short = false): string {
  const { name, kind, type, offset, size, damaged } = segment;
  const parts = [
    ...(short ? [] : [name === '' ? segmentWords[kind] : name]),
    ...(short || name === '' || type !== undefined ? [] : [segmentWords[kind]]),
    ...(short || type === undefined ? [] : [type]),
    size === 0 ? `at byte ${formatCount(offset)}` : rangeText({ offset, size }),
    formatBytes(size),
    ...(short || damaged.length === 0
      ? []
      : [
          damaged.length === 1
            ? '1 damaged range'
            : `${formatCount(damaged.length)} damaged ranges`,
        ]),
  ];
  return parts.join(', ');
}

/** `bytes 3,456 to 9,999`, both in it. */
export function rangeText({ offset, size }: { offset: number; size: number }): string {
  if (size <= 1) return `byte ${formatCount(offset)}`;
  return `bytes ${formatCount(offset)} to ${formatCount(offset + size - 1)}`;
}
