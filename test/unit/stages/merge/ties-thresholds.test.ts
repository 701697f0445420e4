import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { scaledDelta } from '#src/stages/merge/scaled-delta.ts';
import { tiesThresholds } from '#src/stages/merge/ties-thresholds.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

function buildDelta(seed: number, rank: number, rows: number, columns: number): LowRankDelta {
  return {
    adapter: 'a',
    rank,
    a: seededFloats(seed, rank * columns),
    b: seededFloats(seed + 1, rows * rank),
    scale: 0.37,
  };
}

/** Sorting the whole delta: what the streamed selection must equal. */
function bySorting(delta: LowRankDelta, rows: number, columns: number, density: number): number {
  const values = new Float32Array(rows * columns);
  scaledDelta(values, delta, 0, rows, columns);
  const sorted = values.map(Math.abs).sort().reverse();
  return sorted[Math.floor(density * rows * columns) - 1]!;
}

describe('tiesThresholds', () => {
  it('finds the k-th largest magnitude exactly, for any shape and density', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.05, max: 0.99, noNaN: true }),
        fc.integer(),
        async (rows, columns, density, seed) => {
          fc.pre(Math.floor(density * rows * columns) >= 1);
          const delta = buildDelta(seed, 3, rows, columns);
          const thresholds = await tiesThresholds([delta], rows, columns, density);
          expect(thresholds[0]).toBe(bySorting(delta, rows, columns, density));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('streams tensors that are larger than one run of rows', async () => {
    const [rows, columns] = [700, 1000];
    const deltas = [buildDelta(1, 2, rows, columns), buildDelta(9, 4, rows, columns)];
    const thresholds = await tiesThresholds(deltas, rows, columns, 0.2);
    expect([...thresholds]).toEqual(deltas.map((delta) => bySorting(delta, rows, columns, 0.2)));
  });

  it('keeps everything at density 1 and nothing where no element is left', async () => {
    const delta = buildDelta(1, 2, 2, 3);
    expect([...(await tiesThresholds([delta], 2, 3, 1))]).toEqual([0]);
    expect([...(await tiesThresholds([delta], 2, 3, 0.1))]).toEqual([Infinity]);
  });

  it('stops when the signal is aborted', async () => {
    const reason = new Error('stop');
    const run = tiesThresholds([buildDelta(1, 2, 4, 4)], 4, 4, 0.5, AbortSignal.abort(reason));
    await expect(run).rejects.toBe(reason);
  });
});
