import { describe, expect, it } from 'vitest';
import { parseNumber, stepNumber } from '#renderer/ui/parse-number.ts';

const limits = { minimum: 1, maximum: 512, whole: true, optional: false };

describe('parseNumber', () => {
  it('reads numbers as people write them', () => {
    const any = { minimum: -Infinity, maximum: Infinity, whole: false, optional: false };
    expect(parseNumber('0,5', any).value).toBe(0.5);
    expect(parseNumber(' 1 024 ', any).value).toBe(1024);
    expect(parseNumber('-1e3', any).value).toBe(-1000);
    expect(parseNumber('.5', any).value).toBe(0.5);
  });

  it('explains what is wrong with the value', () => {
    expect(parseNumber('abc', limits).problem).toBe(
      '"abc" is not a number. Type a whole number from 1 to 512.',
    );
    expect(parseNumber('9999', limits).problem).toContain('out of range');
    expect(parseNumber('1.5', limits).problem).toContain('whole number');
    expect(parseNumber('0x10', limits).problem).toContain('not a number');
    expect(parseNumber('1e999', { ...limits, maximum: Infinity }).problem).toContain(
      'not a number',
    );
  });

  it('takes nothing for no value only where that is allowed', () => {
    expect(parseNumber('', limits).problem).toBe('Type a whole number from 1 to 512.');
    expect(parseNumber('', { ...limits, optional: true })).toEqual({ value: undefined });
  });
});

describe('stepNumber', () => {
  it('keeps the digits of the step and stays within the limits', () => {
    expect(stepNumber(0.1, 0.2, { minimum: 0, maximum: 1 })).toBe(0.3);
    expect(stepNumber(0.9, 0.2, { minimum: 0, maximum: 1 })).toBe(1);
    expect(stepNumber(undefined, 1, { minimum: 1, maximum: 8 })).toBe(1);
  });
});
