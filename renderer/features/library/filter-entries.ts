// Which entries are shown: search words and the chosen values of five facets. Pure.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { kindWords } from './entry-words.ts';

export const facets = ['kind', 'architecture', 'level', 'domain', 'folder'] as const;
export type Facet = (typeof facets)[number];

export interface LibraryFilters {
  readonly text: string;
  /** Nothing chosen: everything. */
  readonly chosen: Readonly<Record<Facet, readonly string[]>>;
}

export const noFilters: LibraryFilters = {
  text: '',
  chosen: { kind: [], architecture: [], level: [], domain: [], folder: [] },
};

export function facetValue(entry: LibraryEntry, facet: Facet): string | undefined {
  switch (facet) {
    case 'kind':
      return entry.kind;
    case 'architecture':
      return entry.architecture;
    case 'level':
      return entry.type;
    case 'domain':
      return entry.domain;
    case 'folder':
      return entry.foundIn;
  }
}

/** Every word must be somewhere in the entry's name, path or headline, in any order. */
export function filterEntries(
  entries: readonly LibraryEntry[],
  filters: LibraryFilters,
  except?: Facet,
): readonly LibraryEntry[] {
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  const active = facets.filter((facet) => facet !== except && filters.chosen[facet].length > 0);
  if (words.length === 0 && active.length === 0) return entries;
  return entries.filter(
    (entry) =>
      active.every((facet) => {
        const value = facetValue(entry, facet);
        return value !== undefined && filters.chosen[facet].includes(value);
      }) && hasWords(entry, words),
  );
}

function hasWords(entry: LibraryEntry, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = [
    entry.name,
    entry.path,
    entry.format,
    kindWords[entry.kind],
    entry.architecture,
    entry.type,
    entry.domain,
    entry.subdomain,
    ...entry.bundledAdapters.map(({ name }) => name),
  ]
    .filter((part) => part !== undefined)
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export interface FacetCount {
  readonly value: string;
  readonly count: number;
}

/** The values of a facet among what the other filters leave, with how many each has; chosen ones stay at 0. */
export function countFacet(
  entries: readonly LibraryEntry[],
  filters: LibraryFilters,
  facet: Facet,
): readonly FacetCount[] {
  const counts = new Map<string, number>(filters.chosen[facet].map((value) => [value, 0]));
  for (const entry of filterEntries(entries, filters, facet)) {
    const value = facetValue(entry, facet);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((left, right) => left.value.localeCompare(right.value, 'en', { numeric: true }));
}

export function toggleValue(filters: LibraryFilters, facet: Facet, value: string): LibraryFilters {
  const before = filters.chosen[facet];
  const next = before.includes(value)
    ? before.filter((other) => other !== value)
    : [...before, value];
  return { ...filters, chosen: { ...filters.chosen, [facet]: next } };
}

export function hasFilters(filters: LibraryFilters): boolean {
  return filters.text.trim() !== '' || facets.some((facet) => filters.chosen[facet].length > 0);
}
