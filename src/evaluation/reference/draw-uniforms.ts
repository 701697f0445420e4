// The random numbers with which a position's tail is drawn: the same whenever the same position of the same text is measured,
// so that a reference made again is the same, and different ones everywhere else.
import { mulberry32 } from '#src/random/mulberry32.ts';

/** FNV-1a over the tokens that follow: names a chunk's text with 32 bits. */
export function hashTokens(tokens: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const token of tokens) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((token >>> shift) & 0xff), 0x01000193);
    }
  }
  return hash >>> 0;
}

/** `count` ascending numbers in [0, 1), independent and uniform before they are sorted. */
export function drawUniforms(
  count: number,
  seed: number,
  textHash: number,
  position: number,
): Float64Array {
  // Mixed, because generators whose seeds differ by the generator's own step would give one sequence, shifted.
  const random = mulberry32(mixed(mixed(seed ^ 0x9e3779b9) ^ mixed(textHash + position)));
  const uniforms = new Float64Array(count);
  for (let index = 0; index < count; index++) uniforms[index] = random();
  return uniforms.sort();
}

/** The finalizer of MurmurHash3 (public domain): every bit of the result depends on every bit of the word. */
function mixed(word: number): number {
  let hash = word >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
