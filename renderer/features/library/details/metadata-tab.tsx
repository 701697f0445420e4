// A file's metadata, searchable; any number of entries. The chosen one is shown in full below, to read and copy.
import { useDeferredValue, useMemo, useState } from 'react';
import type { Inspection } from '#src/contract/inspection.ts';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import { VirtualTable, type TableColumn } from '#renderer/ui/virtual-table.tsx';
import css from './details.module.css';
import { filterByWords } from './filter-by-words.ts';

type MetadataEntry = Inspection['metadata'][number];

const columns: readonly TableColumn<MetadataEntry>[] = [
  {
    key: 'key',
    header: 'Key',
    width: 'minmax(150px, 1.3fr)',
    cell: ({ key }) => (
      <span className="num" title={key}>
        {key}
      </span>
    ),
  },
  {
    key: 'value',
    header: 'Value',
    width: 'minmax(150px, 1fr)',
    cell: ({ value }) => (
      <span className="num" title={value.slice(0, 400)}>
        {value}
      </span>
    ),
  },
];

const keyOf = (entry: MetadataEntry) => entry.key;

/** Every entry as `key = value`, one a line. */
export function metadataAsText(entries: readonly MetadataEntry[]): string {
  return entries.map(({ key, value }) => `${key} = ${value}`).join('\n');
}

export function MetadataTab({ entries }: { entries: readonly MetadataEntry[] }) {
  const [search, setSearch] = useState('');
  const [selected, setSelected] = useState<string | undefined>();
  const words = useDeferredValue(search);
  const rows = useMemo(
    () => filterByWords(entries, words, ({ key, value }) => `${key}\n${value}`),
    [entries, words],
  );
  const entry = rows.find(({ key }) => key === selected);
  if (entries.length === 0) {
    return <EmptyState title="No metadata" text="Files of this kind carry none." />;
  }
  return (
    <div className={css.fill}>
      <div className={css.tools}>
        <SearchInput
          label="Search the metadata"
          placeholder="Search keys and values"
          value={search}
          onChange={setSearch}
        />
        <CopyButton label="Copy all shown entries" text={() => metadataAsText(rows)} />
      </div>
      <div className={css.rest}>
        <VirtualTable
          label="Metadata"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          rowHeight={28}
          selected={selected}
          onSelect={({ key }) => setSelected(key)}
          empty={<EmptyState title="Nothing matches" text="No key and no value has these words." />}
        />
      </div>
      {entry !== undefined && (
        <section className={css.value} aria-label={`Value of ${entry.key}`}>
          <header>
            <span className={css.muted}>
              {entry.type}
              {entry.length !== undefined && `, ${entry.length} long; the start of it is shown`}
            </span>
            <CopyButton label="Copy value" text={entry.value} />
          </header>
          <pre tabIndex={0} aria-label="Value">
            {entry.value}
          </pre>
        </section>
      )}
    </div>
  );
}
