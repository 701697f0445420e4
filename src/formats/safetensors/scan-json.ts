// Looks over JSON text before it is parsed: JSON.parse drops duplicate keys without a word and builds whatever it is given.
// Names at the top level are counted, nesting and containers are bounded.

export interface JsonOutline {
  /** Keys of the top-level object, duplicates counted twice. */
  readonly topLevelKeys: number;
  /** Objects and arrays. */
  readonly containers: number;
  readonly deepest: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Counts; malformed text gives any counts (JSON.parse refuses it afterwards). */
export function outlineOfJson(bytes: Uint8Array): JsonOutline {
  let depth = 0;
  let deepest = 0;
  let containers = 0;
  let topLevelKeys = 0;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case quote:
        index = endOfString(bytes, index);
        break;
      case colon:
        if (depth === 1) topLevelKeys++;
        break;
      case 0x7b: // {
      case 0x5b: // [
        containers++;
        deepest = Math.max(deepest, ++depth);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
      default:
    }
  }
  return { topLevelKeys, containers, deepest };
}

/** Index of the closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== quote) {
    index += bytes[index] === backslash ? 2 : 1;
  }
  return index;
}
