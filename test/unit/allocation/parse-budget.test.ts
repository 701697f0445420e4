import { describe, expect, it } from 'vitest';
import { parseBudget } from '#src/allocation/parse-budget.ts';

describe('parseBudget', () => {
  it.each([
    ['3.2GB', { kind: 'bytes', bytes: 3_200_000_000 }],
    ['900 MiB', { kind: 'bytes', bytes: 943_718_400 }],
    ['2155424', { kind: 'bytes', bytes: 2_155_424 }],
    ['q4_k_m', { kind: 'level', level: 'Q4_K_M' }],
    ['kld:0.05', { kind: 'kld', kld: 0.05 }],
  ])('reads %s', (text, budget) => {
    expect(parseBudget(text)).toEqual(budget);
  });

  it.each(['', 'kld:0', 'kld:much', '-3GB', '0', '3.2 potatoes', 'Q4_K_X'])(
    'refuses "%s"',
    (text) => {
      expect(parseBudget(text)).toBeUndefined();
    },
  );
});
