// Reads the strings of a GGUF array. Vocabularies and merges are a third of a million short strings, so the usual case
// decodes all of them in one call and cuts the result; only arrays with invalid UTF-8 are decoded one by one.
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { decodeStrictUtf8, decodeUtf8 } from '#src/formats/bytes/utf8.ts';

/** One string: a u64 length and its bytes. */
export function readStringBytes(cursor: ByteCursor, what: string): Uint8Array {
  return cursor.take(cursor.length64(`the length of ${what}`));
}

/** `count` strings, read from the cursor. Invalid UTF-8 is shown as U+FFFD. */
export function readStrings(cursor: ByteCursor, count: number, what: string): string[] {
  const starts = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const length = cursor.length64(`the length of ${what}`);
    cursor.require(length);
    starts[index] = cursor.position;
    lengths[index] = length;
    cursor.position += length;
    total += length;
  }
  return (
    decodeTogether(cursor.bytes, starts, lengths, total) ??
    Array.from(starts, (start, index) =>
      decodeUtf8(cursor.bytes.subarray(start, start + (lengths[index] ?? 0))),
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
