import { expect, it } from 'vitest';
import { timingOf } from '#electron/factory/speed/measure-speed.ts';

it('takes the middle run, or the mean of the two middle ones', () => {
  expect(timingOf([3])).toEqual({ median: 3, low: 3, high: 3 });
  expect(timingOf([9, 1, 2])).toEqual({ median: 2, low: 1, high: 9 });
  expect(timingOf([4, 1, 2, 9])).toEqual({ median: 3, low: 1, high: 9 });
});
