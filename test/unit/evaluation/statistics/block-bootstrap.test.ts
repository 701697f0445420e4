import { describe, expect, it } from 'vitest';
import { bootstrapInterval, bootstrapStrata } from '#src/evaluation/statistics/block-bootstrap.ts';
import { studentQuantile } from '#src/evaluation/statistics/student-quantile.ts';
import { normalNumbers } from '#test/helpers/random-logits.ts';

describe('the block bootstrap', () => {
  it.each([
    { chunks: 3, trials: 300 },
    { chunks: 8, trials: 300 },
    { chunks: 40, trials: 200 },
  ])('holds the truth in about 95 % of cases from $chunks chunks', ({ chunks, trials }) => {
    const normal = normalNumbers(chunks);
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: chunks }, () => 5 + normal());
      const interval = bootstrapInterval(values);
      if (interval !== undefined && interval.low <= 5 && interval.high >= 5) held++;
    }
    // 95 % within three standard errors of a share of 200 to 300.
    expect(held / trials).toBeGreaterThan(0.905);
    expect(held / trials).toBeLessThan(0.995);
  });

  it('is as wide as the standard error says, and the same every time', () => {
    const normal = normalNumbers(7);
    const values = Array.from({ length: 100 }, () => normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / 100;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 99);
    const interval = bootstrapInterval(values);
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeCloseTo(
      (2 * 1.984 * deviation) / Math.sqrt(100), 1); // prettier-ignore
    expect(bootstrapInterval(values)).toEqual(interval);
  });

  it('weighs chunks by their positions', () => {
    const interval = bootstrapInterval([1, 1, 1, 100], [1e9, 1e9, 1e9, 1]);
    expect(interval?.low).toBeCloseTo(1, 5);
    expect(interval?.high).toBeCloseTo(1, 5);
  });

  it('says nothing from one chunk, whatever other texts say', () => {
    expect(bootstrapInterval([1])).toBeUndefined();
    expect(bootstrapStrata([{ values: [1, 2, 3] }, { values: [1] }])).toBeUndefined();
  });

  it('holds the mean of two unlike texts in about 95 % of cases', () => {
    const normal = normalNumbers(11);
    let held = 0;
    for (let trial = 0; trial < 300; trial++) {
      const around = (mean: number, count: number) =>
        Array.from({ length: count }, () => mean + normal());
      const interval = bootstrapStrata([{ values: around(0, 5) }, { values: around(10, 20) }]);
      if (interval !== undefined && interval.low <= 5 && interval.high >= 5) held++;
    }
    expect(held / 300).toBeGreaterThan(0.905);
    expect(held / 300).toBeLessThan(0.995);
  });

  it('gives no width where all chunks are the same', () => {
    expect(bootstrapInterval([0, 0, 0])).toEqual({ low: 0, high: 0 });
  });

  it('knows the quantiles of Student', () => {
    expect(studentQuantile(1)).toBeCloseTo(12.706, 3);
    expect(studentQuantile(11)).toBeCloseTo(2.201, 3);
    expect(studentQuantile(30)).toBeCloseTo(2.0423, 3);
    expect(studentQuantile(1e6)).toBeCloseTo(1.96, 3);
  });
});
