import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createScaledDeltaKernel } from '#src/kernels/scaled-delta-kernel.ts';
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { scaledDeltaByDefinition } from '#src/stages/merge/scaled-delta.ts';

function randomFloats(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Magnitudes over many binades, so that rounding differs with the order of additions.
    return (state / 2 ** 31 - 1) * 2 ** ((state & 31) - 16);
  });
}

const shapes = [
  { rows: 1, columns: 1, rank: 1 },
  { rows: 3, columns: 15, rank: 5 },
  { rows: 7, columns: 16, rank: 8 },
  { rows: 64, columns: 259, rank: 3 },
  { rows: 300, columns: 1024, rank: 16 },
  { rows: 2, columns: 300000, rank: 2 },
];

describe('scaled delta kernel', () => {
  it.each(shapes)('gives the bits of the definition for $rows x $columns, rank $rank', (shape) => {
    const kernel = createScaledDeltaKernel();
    expect(kernel).toBeDefined();
    const delta: LowRankDelta = {
      adapter: 'test',
      rank: shape.rank,
      a: randomFloats(shape.rank * shape.columns, 1),
      b: randomFloats((shape.rows + 2) * shape.rank, 2),
      scale: 1.7,
    };
    const expected = new Float32Array(shape.rows * shape.columns);
    const actual = new Float32Array(shape.rows * shape.columns);
    scaledDeltaByDefinition(expected, delta, 2, shape.rows, shape.columns);
    kernel?.(actual, delta, 2, shape.rows, shape.columns);
    expect(Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer))).toBe(0);
  });

  it('serves different adapters in turn, also after its memory has grown', () => {
    const kernel = createScaledDeltaKernel();
    const deltas = [4, 64].map((rank, index): LowRankDelta => {
      const [a, b] = [randomFloats(rank * 100, 3 + index), randomFloats(9 * rank, 5 + index)];
      return { adapter: 'test', rank, a, b, scale: 0.3 };
    });
    for (const delta of [...deltas, ...deltas]) {
      const expected = new Float32Array(900);
      const actual = new Float32Array(900);
      scaledDeltaByDefinition(expected, delta, 0, 9, 100);
      kernel?.(actual, delta, 0, 9, 100);
      expect(actual).toEqual(expected);
    }
  });

  it('is compiled from the source beside it', () => {
    const script = fileURLToPath(
      new URL('../../../configs/build/build-kernels.mjs', import.meta.url),
    );
    expect(() => execFileSync(process.execPath, [script, '--check'])).not.toThrow();
  });
});
