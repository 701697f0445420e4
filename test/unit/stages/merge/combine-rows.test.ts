import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LowRankDelta, RowCombination } from '#src/model/row-combination.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { applyDareMask, dareKeys } from '#src/stages/merge/dare-mask.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const f32 = Math.fround;

/** The definition, element by element, as the docstrings state it. */
function deltaAt(delta: LowRankDelta, columns: number, row: number, column: number): number {
  let sum = 0;
  for (let r = 0; r < delta.rank; r++) {
    const product = f32(delta.b[row * delta.rank + r]! * delta.a[r * columns + column]!);
    sum = f32(sum + product);
  }
  return f32(f32(delta.scale) * sum);
}

function buildDelta(seed: number, rank: number, rows: number, columns: number, scale = 2) {
  const a = seededFloats(seed, rank * columns);
  const b = seededFloats(seed + 1000, rows * rank);
  return { adapter: `adapter${seed}`, rank, a, b, scale };
}

const rows = 7;
const columns = 2051; // more than one block of columns, and odd
const deltas = [buildDelta(1, 5, rows, columns, 0.7), buildDelta(2, 8, rows, columns, -1.3)];
const base = seededFloats(99, rows * columns);

const combinations: Record<string, RowCombination> = {
  sum: { method: 'sum', deltas },
  ties: { method: 'ties', deltas, thresholds: Float32Array.of(0.4, 0.6) },
  dare: {
    method: 'dare',
    deltas,
    density: 0.3,
    keys: Uint32Array.from([...dareKeys(7, 'x', 't'), ...dareKeys(7, 'y', 't')]),
  },
  dora: { method: 'dora', deltas, magnitude: seededFloats(5, rows) },
};

function combined(combination: RowCombination): Float32Array {
  const result = base.slice();
  combineRows(result, 0, rows, columns, combination);
  return result;
}

function expectSameBits(actual: Float32Array, expected: Float32Array): void {
  expect(Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer))).toBe(0);
}

describe('combineRows', () => {
  it('sums adapters in order, ranks ascending, every step rounded to F32', () => {
    const expected = base.map((weight, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      return deltas.reduce((w, delta) => f32(w + deltaAt(delta, columns, row, column)), weight);
    });
    expectSameBits(combined(combinations['sum']!), expected);
  });

  it.each(Object.entries(combinations))(
    'gives the same bits for every split into slabs (%s)',
    (_, combination) => {
      const whole = combined(combination);
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 7 }), (sizes) => {
          const result = base.slice();
          let first = 0;
          for (const size of [...sizes, rows]) {
            const count = Math.min(size, rows - first);
            const slab = result.subarray(first * columns, (first + count) * columns);
            combineRows(slab, first, count, columns, combination);
            first += count;
          }
          expectSameBits(result, whole);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('keeps the elected sign only and averages over those that agree (TIES)', () => {
    const one = (values: number[]): LowRankDelta => ({
      adapter: 'a',
      rank: 1,
      a: Float32Array.from(values),
      b: Float32Array.of(1),
      scale: 1,
    });
    const result = new Float32Array(5);
    combineRows(result, 0, 1, 5, {
      method: 'ties',
      deltas: [one([3, 3, 1, -4, 2]), one([1, -5, 0.25, 4, 2]), one([2, 1, 0.25, -1, 0])],
      thresholds: Float32Array.of(1, 1, 1),
    });
    // 1: all agree; 2: -1 in total, so only -5; 3: two are trimmed; 4: -1 in total; 5: a trimmed zero does not count
    expect([...result]).toEqual([2, -5, 1, -2.5, 2]);
  });

  it('elects the positive sign when the sum is exactly zero, as PEFT does', () => {
    const delta = (value: number): LowRankDelta => ({
      adapter: 'a',
      rank: 1,
      a: Float32Array.of(value),
      b: Float32Array.of(1),
      scale: 1,
    });
    const result = new Float32Array(1);
    const thresholds = Float32Array.of(0, 0);
    combineRows(result, 0, 1, 1, {
      method: 'ties',
      deltas: [delta(-3), delta(3)],
      thresholds,
    });
    expect(result[0]).toBe(3);
  });

  it('drops about 1 - density of the elements and rescales the rest (DARE)', () => {
    const ones: LowRankDelta = {
      adapter: 'a',
      rank: 1,
      a: new Float32Array(columns).fill(1),
      b: new Float32Array(rows).fill(1),
      scale: 1,
    };
    const result = new Float32Array(rows * columns);
    const keys = Uint32Array.from(dareKeys(1, 'a', 'blk.0.attn_q.weight'));
    combineRows(result, 0, rows, columns, {
      method: 'dare',
      deltas: [ones],
      density: 0.25,
      keys,
    });
    expect(new Set(result)).toEqual(new Set([0, 4]));
    const kept = result.filter((value) => value === 4).length / result.length;
    // Standard error of a fair draw: sqrt(0.25 · 0.75 / 14357) = 0.0036
    expect(Math.abs(kept - 0.25)).toBeLessThan(0.0145);
  });

  it('draws the mask of its definition (values of a second implementation in Python)', () => {
    const [key0, key1] = dareKeys(42, 'finance', 'blk.0.attn_q.weight');
    expect([key0, key1]).toEqual([757710629, 3197806717]);
    const maskOf = (row: number) => {
      const values = new Float32Array(32).fill(1);
      applyDareMask(values, 0, 32, row, 0.5, key0, key1);
      return [...values].map((value) => (value === 0 ? '0' : '1')).join('');
    };
    expect([0, 1, 5000].map(maskOf)).toEqual([
      '01111010101011000011011110000100',
      '10101011010100111001101010011000',
      '00010000110100011001011000111010',
    ]);
  });

  it('draws other masks for another seed, adapter or tensor', () => {
    const keys = [
      dareKeys(1, 'a', 't'),
      dareKeys(2, 'a', 't'),
      dareKeys(1, 'b', 't'),
      dareKeys(1, 'a', 'u'),
    ];
    expect(new Set(keys.map(String)).size).toBe(4);
  });

  it('gives rows the trained norm (DoRA) and leaves rows of zeros alone', () => {
    const magnitude = Float32Array.of(3, 5);
    const zeros: LowRankDelta = {
      adapter: 'a',
      rank: 1,
      a: new Float32Array(2),
      b: new Float32Array(2),
      scale: 1,
    };
    const result = Float32Array.of(3, 4, 0, 0);
    combineRows(result, 0, 2, 2, { method: 'dora', deltas: [zeros], magnitude });
    expect([...result]).toEqual([f32(f32(3 / 5) * 3), f32(f32(3 / 5) * 4), 0, 0]);
  });
});
