// Puts arrays where worker threads can read them without a copy per task, and identifies merged tensors by their factors.
import { createHash } from 'node:crypto';
import type { RowCombination } from '#src/model/row-combination.ts';

/** The same values over shared memory. */
export function toShared(array: Float32Array): Float32Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const shared = new Float32Array(new SharedArrayBuffer(array.byteLength));
  shared.set(array);
  return shared;
}

export function shareCombination(combination: RowCombination): RowCombination {
  const deltas = combination.deltas.map((delta) => ({
    ...delta,
    a: toShared(delta.a),
    b: toShared(delta.b),
  }));
  if (combination.method !== 'dora') return { ...combination, deltas };
  return { ...combination, deltas, magnitude: toShared(combination.magnitude) };
}

/** A hash over everything that a combination adds to its tensor. */
export function combinationFingerprint(combination: RowCombination): string {
  const hash = createHash('sha256');
  const { deltas, ...parameters } = combination;
  // Typed arrays inside become objects with numbered keys, so every value counts.
  hash.update(JSON.stringify(parameters));
  for (const { adapter, rank, scale, a, b } of deltas) {
    hash.update(JSON.stringify({ adapter, rank, scale, a: a.length, b: b.length }));
    hash.update(bytesOf(a)).update(bytesOf(b));
  }
  return hash.digest('hex');
}

export function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
