import { describe, expect, it } from 'vitest';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { median, pairedRatio, ratioInterval } from '#test/bench/ratio-interval.ts';

/** Rounds that the machine disturbs by up to 30 %, both of a pair alike, and each by up to 4 % on its own. */
function noisyPairs(seed: number, count: number, ratio: number) {
  const random = mulberry32(seed);
  const pairs = Array.from({ length: count }, () => {
    const shared = 20 * (1 + 0.3 * random());
    return [shared * (1 + 0.04 * random()), shared * ratio * (1 + 0.04 * random())] as const;
  });
  return { reference: pairs.map(([one]) => one), measured: pairs.map(([, other]) => other) };
}

describe('the interval of a ratio', () => {
  it('covers the true ratio in about 95 of 100 noisy measurements, and is not there by being wide', () => {
    let covered = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { reference, measured } = noisyPairs(seed, 16, 1.1);
      const { low, high } = ratioInterval(measured, reference);
      if (low <= 1.1 && 1.1 <= high) covered++;
      expect(high - low).toBeLessThan(0.25);
    }
    expect(covered).toBeGreaterThanOrEqual(54);
  }, 60_000);

  it('is a point where every pair says the same, and the same for the same rounds', () => {
    expect(ratioInterval([11, 22, 33], [10, 20, 30]).low).toBeCloseTo(1.1, 12);
    expect(ratioInterval([11, 22, 33], [10, 20, 30]).high).toBeCloseTo(1.1, 12);
    const { reference, measured } = noisyPairs(7, 16, 1);
    expect(ratioInterval(measured, reference)).toEqual(ratioInterval(measured, reference));
  });

  it('refuses rounds that are no pairs', () => {
    expect(() => ratioInterval([1, 2], [1])).toThrow(RangeError);
    expect(() => ratioInterval([], [])).toThrow(RangeError);
  });
});

describe('the ratio of pairs', () => {
  it('is not moved by a machine that changes its pace between pairs', () => {
    const pace = [1, 1, 2, 3, 9, 1, 4];
    const reference = pace.map((factor) => 10 * factor);
    const measured = pace.map((factor) => 11 * factor);
    const { ratio, low, high } = pairedRatio(measured, reference);
    for (const value of [ratio, low, high]) expect(value).toBeCloseTo(1.1, 12);
    expect(pairedRatio([11, 22, 300], [10, 20, 30]).ratio).toBeCloseTo(1.1, 12);
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});

describe('the median', () => {
  it('lies between the two middle values of an even count', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([5, 1, 3])).toBe(3);
  });
});
