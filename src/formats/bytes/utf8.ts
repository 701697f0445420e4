// Strings in files are bytes. Names must be valid UTF-8, because they are compared and written again; values are shown
// leniently, and their bytes are kept beside them. A leading byte order mark is part of the text (it is a real token).

const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Decodes, with U+FFFD for what is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}

/** Decodes, or undefined where the bytes are not UTF-8. */
export function decodeStrictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Order of Python's `sorted` on strings: by code point (JavaScript's own order is by UTF-16 unit). */
export function compareCodePoints(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // A surrogate stands for a code point above every other unit.
    return sortKeyOfUnit(a) - sortKeyOfUnit(b);
  }
  return left.length - right.length;
}

function sortKeyOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
