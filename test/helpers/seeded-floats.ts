// Reproducible numbers for fixtures: the same seed gives the same values in every test and on every machine.

/** `length` F32 values in [-1, 1) from mulberry32 with `seed`. */
export function seededFloats(seed: number, length: number): Float32Array {
  let state = seed | 0;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
