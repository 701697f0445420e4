// What happens to bytes on their way: flips, holes, cuts, other values. All change their argument, which is a copy.
import { viewOf } from './gguf-anatomy.ts';

export function flipBit(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return bytes;
}

export function zeroRange(bytes: Uint8Array, at: number, size: number): Uint8Array {
  bytes.fill(0, at, at + size);
  return bytes;
}

export function setUint16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  viewOf(bytes).setUint16(at, value, true);
  return bytes;
}

export function setUint32(bytes: Uint8Array, at: number, value: number): Uint8Array {
  viewOf(bytes).setUint32(at, value, true);
  return bytes;
}

export function setUint64(bytes: Uint8Array, at: number, value: number | bigint): Uint8Array {
  viewOf(bytes).setBigUint64(at, BigInt(value), true);
  return bytes;
}

export function setFloat32(bytes: Uint8Array, at: number, value: number): Uint8Array {
  viewOf(bytes).setFloat32(at, value, true);
  return bytes;
}

/** Swaps two stretches of one size. */
export function swapRanges(
  bytes: Uint8Array,
  one: number,
  other: number,
  size: number,
): Uint8Array {
  const kept = bytes.slice(one, one + size);
  bytes.copyWithin(one, other, other + size);
  bytes.set(kept, other);
  return bytes;
}

export function join(...pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Bytes without any pattern, the same in every run. */
export function seededBytes(seed: number, size: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}
