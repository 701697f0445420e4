import { describe, expect, it } from 'vitest';
import {
  countFacet,
  filterEntries,
  hasFilters,
  noFilters,
  toggleValue,
} from '#renderer/features/library/filter-entries.ts';
import { sampleEntry } from './sample-entries.ts';

const entries = [
  sampleEntry({ name: 'llama-3b-Q4_K_M', architecture: 'llama', type: 'Q4_K_M' }),
  sampleEntry({ name: 'llama-3b-Q8_0', architecture: 'llama', type: 'Q8_0', domain: 'healthcare' }),
  sampleEntry({ name: 'conditions', kind: 'adapter', domain: 'healthcare', foundIn: 'LM Studio' }),
  sampleEntry({ name: 'gpt2', kind: 'base', architecture: 'gpt2', type: 'F16' }),
];
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

describe('filterEntries', () => {
  it('gives the list itself when nothing is asked for', () => {
    expect(filterEntries(entries, noFilters)).toBe(entries);
  });

  it('finds entries that have every word, in any order and case', () => {
    expect(names(filterEntries(entries, { ...noFilters, text: 'q8 LLAMA' }))).toEqual([
      'llama-3b-Q8_0',
    ]);
    expect(filterEntries(entries, { ...noFilters, text: 'llama nowhere' })).toEqual([]);
  });

  it('takes any of the values chosen for one facet, and all facets together', () => {
    let filters = toggleValue(noFilters, 'kind', 'gguf');
    filters = toggleValue(filters, 'kind', 'adapter');
    expect(filterEntries(entries, filters)).toHaveLength(3);
    filters = toggleValue(filters, 'domain', 'healthcare');
    expect(names(filterEntries(entries, filters))).toEqual(['llama-3b-Q8_0', 'conditions']);
  });

  it('leaves out what has no value for a chosen facet', () => {
    expect(names(filterEntries(entries, toggleValue(noFilters, 'architecture', 'gpt2')))).toEqual([
      'gpt2',
    ]);
  });
});

describe('countFacet', () => {
  it('counts what the other filters leave, whatever is chosen in the facet itself', () => {
    const filters = toggleValue(toggleValue(noFilters, 'domain', 'healthcare'), 'kind', 'adapter');
    expect(countFacet(entries, filters, 'kind')).toEqual([
      { value: 'adapter', count: 1 },
      { value: 'gguf', count: 1 },
    ]);
  });

  it('keeps a chosen value that has become empty, so that it can be taken back', () => {
    const filters = { ...toggleValue(noFilters, 'level', 'Q8_0'), text: 'gpt2' };
    expect(countFacet(entries, filters, 'level')).toEqual([
      { value: 'F16', count: 1 },
      { value: 'Q8_0', count: 0 },
    ]);
  });
});

it('a value that is toggled twice filters nothing', () => {
  const filters = toggleValue(toggleValue(noFilters, 'level', 'Q8_0'), 'level', 'Q8_0');
  expect(hasFilters(filters)).toBe(false);
});

it('ten thousand entries are filtered', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => sampleEntry({ name: `m-${index}` }));
  const found = filterEntries(many, { ...noFilters, text: 'm-99' });
  expect(found.length).toBe(111);
});
