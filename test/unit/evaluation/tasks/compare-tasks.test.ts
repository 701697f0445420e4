import { describe, expect, it } from 'vitest';
import { compareTasks, mcNemar } from '#src/evaluation/tasks/compare-tasks.ts';
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';

describe('mcNemar', () => {
  it('gives both tails of the binomial distribution', () => {
    // 2 · (1 + 10) / 2^10 and 2 · (1 + 12 + 66) / 2^12.
    expect(mcNemar(9, 1)).toBeCloseTo(22 / 1024, 12);
    expect(mcNemar(2, 10)).toBeCloseTo(158 / 4096, 12);
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(7, 7)).toBe(1);
    expect(mcNemar(0, 3000)).toBeLessThan(1e-300);
  });
});

describe('compareTasks', () => {
  const outcomes = (text: string) => ({ outcomes: text });

  it('names a difference only where the questions that differ leave little doubt', () => {
    const base = `${'1'.repeat(10)}${'0'.repeat(10)}`;
    const worse = `${'0'.repeat(8)}11${'0'.repeat(10)}`;
    expect(compareTasks(outcomes(worse), outcomes(base))).toMatchObject({
      onlyLeft: 0,
      onlyRight: 8,
      difference: -0.4,
      verdict: 'worse',
    });
    const one = `0${base.slice(1)}`;
    expect(compareTasks(outcomes(one), outcomes(base))?.verdict).toBe('no difference');
    expect(compareTasks(outcomes(base), outcomes(base))).toMatchObject({
      difference: 0,
      probability: 1,
      verdict: 'no difference',
    });
  });

  it('compares nothing where the questions are others or their outcomes are unknown', () => {
    expect(compareTasks(outcomes('11'), outcomes('1'))).toBeUndefined();
    expect(compareTasks({}, outcomes('1'))).toBeUndefined();
    expect(compareTasks(outcomes(''), outcomes(''))).toBeUndefined();
  });
});

describe('wilsonInterval', () => {
  it('agrees with published figures and stays within 0 and 1', () => {
    // R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    const close = ({ low, high }: { low: number; high: number }) => [
      low.toFixed(4),
      high.toFixed(4),
    ];
    expect(close(wilsonInterval(81, 263))).toEqual(['0.2553', '0.3662']);
    expect(close(wilsonInterval(15, 148))).toEqual(['0.0624', '0.1605']);
    expect(close(wilsonInterval(0, 20))).toEqual(['0.0000', '0.1611']);
    expect(close(wilsonInterval(1, 29))).toEqual(['0.0061', '0.1718']);
    expect(wilsonInterval(20, 20).high).toBe(1);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});
