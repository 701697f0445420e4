import { expect, it } from 'vitest';
import { findByPrefix } from '#renderer/shell/picker-logic.ts';

const entries = ['adapters', 'Apples', 'base', 'apricots'].map((name) => ({ name }));

it('a letter goes on to the next name that starts with it, and round', () => {
  expect(findByPrefix(entries, 'a', 0)).toBe(1);
  expect(findByPrefix(entries, 'a', 1)).toBe(3);
  expect(findByPrefix(entries, 'a', 3)).toBe(0);
  expect(findByPrefix(entries, 'z', 0)).toBe(-1);
});

it('more letters narrow the search from where it stands', () => {
  expect(findByPrefix(entries, 'ap', 1)).toBe(1);
  expect(findByPrefix(entries, 'apr', 1)).toBe(3);
});
