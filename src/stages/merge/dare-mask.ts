// DARE's random mask (Yu et al. 2024, arXiv 2311.03099) from a counter-based generator: whether an element is kept
// depends on its place alone, so every split of the work and every thread gives the same mask.

/** MurmurHash3's finalizer: a bijection of 32-bit integers in which every input bit moves every output bit. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** FNV-1a over UTF-16 code units, started at `start`, then mixed. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/**
 * The two 32-bit keys of one adapter's mask for one tensor.
 * With T = seed + "\n" + adapter + "\n" + tensor: two mixed FNV-1a hashes of T from different starts.
 */
export function dareKeys(seed: number, adapter: string, tensor: string): [number, number] {
  const text = `${seed}\n${adapter}\n${tensor}`;
  return [hashText(text, 0x811c9dc5) >>> 0, hashText(text, 0x9e3779b9) >>> 0];
}

/**
 * Sets every dropped element of one row to 0 and divides the others by F32(density), rounded to F32.
 *
 * Element (row, column) is kept when mix(mix(column + R0) ^ R1) < density · 2³² with Ri = mix(row ^ key_i), all in unsigned
 * 32-bit arithmetic. (PEFT 0.18 draws from torch's generator and forgets to divide: random_pruning in merge_utils.py.)
 */
export function applyDareMask(
  values: Float32Array,
  offset: number,
  columns: number,
  row: number,
  density: number,
  key0: number,
  key1: number,
): void {
  const rowKey0 = mix(row ^ key0);
  const rowKey1 = mix(row ^ key1);
  const limit = density * 2 ** 32;
  const divisor = Math.fround(density);
  for (let column = 0; column < columns; column++) {
    const draw = mix(mix((column + rowKey0) | 0) ^ rowKey1) >>> 0;
    // Without a branch: a processor cannot guess the mask.
    values[offset + column] = (values[offset + column]! / divisor) * Number(draw < limit);
  }
}
