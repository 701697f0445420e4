import { describe, expect, it } from 'vitest';
import { mulberry32 } from '#src/random/mulberry32.ts';

describe('mulberry32', () => {
  // First outputs of the published C function, compiled with 32-bit unsigned integers.
  it.each([
    [0, [1144304738, 1416247, 958946056, 627933444]],
    [1, [2693262067, 11749833, 2265367787, 4213581821]],
    [-1, [3850105811, 813802916, 3073704848, 4054706436]],
  ])('gives the published numbers for the seed %i', (seed, integers) => {
    const random = mulberry32(seed);
    expect(integers.map(() => random() * 2 ** 32)).toEqual(integers);
  });
});
