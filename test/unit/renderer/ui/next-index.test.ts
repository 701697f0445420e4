import { expect, it } from 'vitest';
import { nextIndex } from '#renderer/ui/next-index.ts';

it('keys move within the list and stop at its ends', () => {
  expect(nextIndex('ArrowDown', -1, 3, 10)).toBe(0);
  expect(nextIndex('ArrowDown', 2, 3, 10)).toBe(2);
  expect(nextIndex('ArrowUp', -1, 3, 10)).toBe(2);
  expect(nextIndex('PageDown', 0, 100, 10)).toBe(10);
  expect(nextIndex('End', 0, 100, 10)).toBe(99);
  expect(nextIndex('a', 0, 100, 10)).toBeUndefined();
  expect(nextIndex('Home', 0, 0, 10)).toBeUndefined();
});
