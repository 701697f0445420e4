import { describe, expect, it } from 'vitest';
import { createLikenessKernel } from '#src/kernels/likeness-kernel.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { dotProduct } from '#src/routing/dot-product.ts';

function vectors(count: number, length: number, seed: number): Float32Array[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length }, () => (random() - 0.5) * 10 ** Math.floor(random() * 6 - 3)),
  );
}

describe('the kernel of likenesses', () => {
  it.each([
    [1, 1],
    [3, 7],
    [4, 4],
    [5, 384],
    [2600, 33],
    [0, 8],
  ])('gives the plain dot products of %i rows of %i numbers, to the last bit', (count, length) => {
    const rows = vectors(count, length, 1);
    const kernel = createLikenessKernel(rows, length);
    for (const vector of vectors(3, length, 2)) {
      expect([...kernel.compare(vector)]).toEqual(rows.map((row) => dotProduct(vector, row)));
    }
  });

  it('refuses more examples than its memory holds', () => {
    const row = new Float32Array(1024);
    const rows = Array.from({ length: 600_000 }, () => row);
    expect(() => createLikenessKernel(rows, 1024)).toThrow(/two gigabytes/);
  });
});
