// Search and filters over the library's table.
import { ChevronDown, X } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import type { LibraryKind } from '#src/contract/library.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { Button } from '#renderer/ui/button.tsx';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { isTyping } from '#renderer/ui/is-typing.ts';
import { Menu } from '#renderer/ui/menu.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import { kindPlurals } from './entry-words.ts';
import {
  countFacet,
  hasFilters,
  noFilters,
  toggleValue,
  type Facet,
  type LibraryFilters,
} from './filter-entries.ts';
import { setFilters } from './library-state.ts';
import css from './library.module.css';

const menus: readonly { facet: Exclude<Facet, 'kind'>; name: string }[] = [
  { facet: 'architecture', name: 'Architecture' },
  { facet: 'level', name: 'Type' },
  { facet: 'domain', name: 'Domain' },
  { facet: 'folder', name: 'Folder' },
];

export interface FilterBarProps {
  entries: readonly LibraryEntry[];
  filters: LibraryFilters;
  shown: number;
  /** Arrow down from the search goes into the table. */
  onLeave: () => void;
}

export function FilterBar({ entries, filters, shown, onLeave }: FilterBarProps) {
  const search = useRef<HTMLInputElement>(null);
  const kinds = useMemo(() => countFacet(entries, filters, 'kind'), [entries, filters]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      search.current?.focus();
      search.current?.select();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div className={css.filters} role="search">
      <SearchInput
        ref={search}
        className={css.search}
        label="Search the library"
        placeholder="Search"
        shortcut="/"
        value={filters.text}
        onChange={(text) => setFilters({ ...filters, text })}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          onLeave();
        }}
      />
      {kinds.map(({ value, count }) => (
        <FilterChip
          key={value}
          pressed={filters.chosen.kind.includes(value)}
          count={count}
          onChange={() => setFilters(toggleValue(filters, 'kind', value))}
        >
          {kindPlurals[value as LibraryKind]}
        </FilterChip>
      ))}
      {menus.map(({ facet, name }) => (
        <FacetMenu key={facet} facet={facet} name={name} entries={entries} filters={filters} />
      ))}
      <div className={css.filterEnd}>
        {hasFilters(filters) && (
          <Button
            variant="quiet"
            icon={<X aria-hidden="true" />}
            onClick={() => setFilters(noFilters)}
          >
            Clear
          </Button>
        )}
        <span className={css.count} role="status">
          <span className="num">{shown}</span>
          {shown === entries.length ? '' : ` of ${entries.length}`}
          <span className="visually-hidden"> entries</span>
        </span>
      </div>
    </div>
  );
}

interface FacetMenuProps {
  facet: Facet;
  name: string;
  entries: readonly LibraryEntry[];
  filters: LibraryFilters;
}

function FacetMenu({ facet, name, entries, filters }: FacetMenuProps) {
  const values = useMemo(() => countFacet(entries, filters, facet), [entries, filters, facet]);
  const chosen = filters.chosen[facet];
  if (values.length === 0) return null;
  return (
    <Menu
      trigger={
        <button type="button" className={css.facet} data-active={chosen.length > 0}>
          <span>
            {name}
            {chosen.length > 0 && `: ${chosen[0] ?? ''}`}
          </span>
          {chosen.length > 1 && ` +${chosen.length - 1}`}
          <ChevronDown aria-hidden="true" />
        </button>
      }
      items={values.map(({ value, count }) => ({
        label: `${value} (${count})`,
        checked: chosen.includes(value),
        onSelect: () => setFilters(toggleValue(filters, facet, value)),
      }))}
    />
  );
}
