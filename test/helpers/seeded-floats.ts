// Reproducible numbers for fixtures: the same seed gives the same values in every test and on every machine.
import { mulberry32 } from '#src/random/mulberry32.ts';

/** `length` F32 values in [-1, 1) from mulberry32 with `seed`. */
export function seededFloats(seed: number, length: number): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}
