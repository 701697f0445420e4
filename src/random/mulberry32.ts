// Seeded random numbers that are the same in every process and on every machine: shuffles that can be told again, fixtures,
// resampling. Not for secrets, and not for numbers that must agree with torch or llama.cpp, which have generators of their own.

/**
 * Uniform numbers in [0, 1) with 32 bits each, from the low 32 bits of `seed`; the period is 2^32. mulberry32 of Tommy
 * Ettinger, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c.
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
