// The order of the library's table. What has no value for a column comes last, whichever way it is sorted. Pure.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { contextOf, domainOf, kindWords, memoryNeeded } from './entry-words.ts';

export const sortColumns = [
  'name',
  'kind',
  'architecture',
  'parameters',
  'type',
  'size',
  'context',
  'domain',
  'memory',
] as const;
export type SortColumn = (typeof sortColumns)[number];

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function keyOf(entry: LibraryEntry, column: SortColumn): string | number | undefined {
  switch (column) {
    case 'name':
      return entry.name;
    case 'kind':
      return kindWords[entry.kind];
    case 'architecture':
      return entry.architecture;
    case 'parameters':
      return entry.parameters;
    case 'type':
      // By bits, so that levels stand in their order; names part what has the same.
      return entry.bitsPerWeight ?? (entry.type === undefined ? undefined : 99);
    case 'size':
      return entry.bytes;
    case 'context':
      return contextOf(entry);
    case 'domain':
      return domainOf(entry);
    case 'memory':
      return memoryNeeded(entry);
  }
}

/** A new list, sorted; entries with the same value stand by name. */
export function sortEntries(
  entries: readonly LibraryEntry[],
  column: SortColumn,
  descending: boolean,
): readonly LibraryEntry[] {
  const direction = descending ? -1 : 1;
  return entries
    .map((entry) => ({ entry, key: keyOf(entry, column) }))
    .sort((left, right) => {
      if (left.key === undefined || right.key === undefined) {
        if (left.key !== right.key) return left.key === undefined ? 1 : -1;
      } else {
        const order =
          typeof left.key === 'number' && typeof right.key === 'number'
            ? left.key - right.key
            : collator.compare(String(left.key), String(right.key));
        if (order !== 0) return order * direction;
      }
      return (
        collator.compare(left.entry.name, right.entry.name) ||
        collator.compare(left.entry.path, right.entry.path)
      );
    })
    .map(({ entry }) => entry);
}
