import { expect, it } from 'vitest';
import { sortEntries } from '#renderer/features/library/sort-entries.ts';
import { sampleEntry } from './sample-entries.ts';

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

it('numbers within names stand in their order', () => {
  const entries = ['model-10', 'model-9', 'Model-1'].map((name) => sampleEntry({ name }));
  expect(names(sortEntries(entries, 'name', false))).toEqual(['Model-1', 'model-9', 'model-10']);
});

it('what has no value comes last, whichever way the column is sorted', () => {
  const entries = [
    sampleEntry({ name: 'none' }),
    sampleEntry({ name: 'small', parameters: 1e6 }),
    sampleEntry({ name: 'large', parameters: 3e9 }),
  ];
  expect(names(sortEntries(entries, 'parameters', false))).toEqual(['small', 'large', 'none']);
  expect(names(sortEntries(entries, 'parameters', true))).toEqual(['large', 'small', 'none']);
});

it('types stand by their bits per weight', () => {
  const entries = [
    sampleEntry({ name: 'a', type: 'Q8_0', bitsPerWeight: 8.5 }),
    sampleEntry({ name: 'b', type: 'Q2_K', bitsPerWeight: 3.4 }),
    sampleEntry({ name: 'c', type: 'Q4_K_M', bitsPerWeight: 4.9 }),
  ];
  expect(names(sortEntries(entries, 'type', false))).toEqual(['b', 'c', 'a']);
});

it('the given list stays as it is', () => {
  const entries = [sampleEntry({ name: 'b' }), sampleEntry({ name: 'a' })];
  sortEntries(entries, 'name', false);
  expect(names(entries)).toEqual(['b', 'a']);
});
