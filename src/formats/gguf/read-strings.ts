// Reads the strings of a GGUF array. Vocabularies and merges are a third of a million short strings: where each lies is
// checked at once, but they are decoded when someone asks for them, all in one call; only arrays with invalid UTF-8 are
// decoded one by one. Who shows a file asks for a few (stringAt), and it opens in a fraction of the time.
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { decodeStrictUtf8, decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import type { GgufArray } from './types.ts';

export type GgufStringArray = Extract<GgufArray, { elementType: 'string' }>;

/** Where the strings of an array lie in the bytes of a header. */
interface StringRanges {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  /** Sum of the lengths. */
  readonly total: number;
}

/** The ranges of arrays that were read from a file; arrays that we made have their strings. */
const rangesOf = new WeakMap<GgufStringArray, StringRanges>();

/** One string: a u64 length and its bytes. */
export function readStringBytes(cursor: ByteCursor, what: string): Uint8Array {
  return cursor.take(cursor.length64(`the length of ${what}`));
}

/** An array of `count` strings, read from the cursor; `value` decodes at first use. Invalid UTF-8 is shown as U+FFFD. */
export function readStringArray(cursor: ByteCursor, count: number, what: string): GgufStringArray {
  const ranges = readRanges(cursor, count, what);
  let decoded: readonly string[] | undefined;
  const array: GgufStringArray = {
    type: 'array',
    elementType: 'string',
    get value() {
      decoded ??= decodeAll(ranges);
      return decoded;
    },
  };
  rangesOf.set(array, ranges);
  return array;
}

/** Number of strings, without decoding them. */
export function stringCount(array: GgufStringArray): number {
  return rangesOf.get(array)?.starts.length ?? array.value.length;
}

/** The string at `index`, without decoding the others; undefined outside the array. */
export function stringAt(array: GgufStringArray, index: number): string | undefined {
  const ranges = rangesOf.get(array);
  if (ranges === undefined) return array.value[index];
  const start = ranges.starts[index];
  if (start === undefined) return undefined;
  return decodeUtf8(ranges.bytes.subarray(start, start + (ranges.lengths[index] ?? 0)));
}

function readRanges(cursor: ByteCursor, count: number, what: string): StringRanges {
  const starts = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  const whatLength = `the length of ${what}`;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const length = cursor.length64(whatLength);
    cursor.require(length);
    starts[index] = cursor.position;
    lengths[index] = length;
    cursor.position += length;
    total += length;
  }
  return { bytes: cursor.bytes, starts, lengths, total };
}

function decodeAll({ bytes, starts, lengths, total }: StringRanges): string[] {
  return (
    decodeTogether(bytes, starts, lengths, total) ??
    Array.from(starts, (start, index) =>
      decodeUtf8(bytes.subarray(start, start + (lengths[index] ?? 0))),
    )
  );
}

/** Decodes all strings in one call, or gives undefined when one of them is not valid UTF-8. */
function decodeTogether(
  bytes: Uint8Array,
  starts: Uint32Array,
  lengths: Uint32Array,
  total: number,
): string[] | undefined {
  // A newline behind each string ends every sequence there, so that two invalid halves cannot make a valid whole.
  const joined = new Uint8Array(total + starts.length);
  const unitCounts = new Uint32Array(starts.length);
  let target = 0;
  for (let index = 0; index < starts.length; index++) {
    const start = starts[index] ?? 0;
    const end = start + (lengths[index] ?? 0);
    let units = 0;
    for (let position = start; position < end; position++) {
      const byte = bytes[position] ?? 0;
      joined[target++] = byte;
      // UTF-16 units: one for each leading byte, a second one for four-byte sequences.
      if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
    }
    unitCounts[index] = units;
    joined[target++] = 0x0a;
  }
  const text = decodeStrictUtf8(joined);
  if (text === undefined) return undefined;
  const strings = new Array<string>(starts.length);
  let unit = 0;
  for (let index = 0; index < strings.length; index++) {
    const end = unit + (unitCounts[index] ?? 0);
    strings[index] = text.slice(unit, end);
    unit = end + 1;
  }
  return strings;
}
