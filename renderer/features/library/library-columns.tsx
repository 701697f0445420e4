// The columns of the library's table.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import type { TableColumn } from '#renderer/ui/virtual-table.tsx';
import {
  contextOf,
  domainOf,
  fitWords,
  formatParameters,
  kindWords,
  memoryNeeded,
  placeOf,
} from './entry-words.ts';
import css from './library.module.css';
import type { SortColumn } from './sort-entries.ts';

type LibraryColumn = TableColumn<LibraryEntry> & { key: SortColumn };

const number = (value: string | undefined) =>
  value === undefined ? <span className={css.none}>–</span> : <span className="num">{value}</span>;

const columns: readonly LibraryColumn[] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(160px, 3fr)',
    cell: (entry) => (
      <span className={css.name} title={entry.path}>
        {entry.name}
        <span className={css.place}>{placeOf(entry)}</span>
      </span>
    ),
  },
  {
    key: 'kind',
    header: 'Kind',
    width: 'minmax(84px, 0.6fr)',
    cell: (entry) => (
      <Chip tone={entry.kind === 'broken' ? 'bad' : 'neutral'} title={entry.format}>
        {kindWords[entry.kind]}
      </Chip>
    ),
  },
  {
    key: 'architecture',
    header: 'Architecture',
    width: 'minmax(84px, 0.6fr)',
    cell: (entry) => entry.architecture ?? <span className={css.none}>–</span>,
  },
  {
    key: 'parameters',
    header: 'Parameters',
    width: '80px',
    align: 'end',
    cell: ({ parameters }) =>
      number(parameters === undefined ? undefined : formatParameters(parameters)),
  },
  {
    key: 'type',
    header: 'Type',
    width: '92px',
    cell: ({ type }) =>
      type === undefined ? <span className={css.none}>–</span> : <LevelTag level={type} />,
  },
  {
    key: 'size',
    header: 'Size',
    width: '76px',
    align: 'end',
    cell: ({ bytes }) => number(formatBytes(bytes)),
  },
  {
    key: 'context',
    header: 'Context',
    width: '68px',
    align: 'end',
    cell(entry) {
      const context = contextOf(entry);
      return number(context === undefined ? undefined : formatCount(context));
    },
  },
  {
    key: 'domain',
    header: 'Domain',
    width: 'minmax(100px, 1.4fr)',
    cell: (entry) => domainOf(entry) ?? <span className={css.none}>–</span>,
  },
  {
    key: 'memory',
    header: 'Memory',
    width: '148px',
    align: 'end',
    cell(entry) {
      const bytes = memoryNeeded(entry);
      if (bytes === undefined) return number(undefined);
      const fit = entry.fitsMemory === undefined ? undefined : fitWords[entry.fitsMemory];
      return (
        <span className={css.memory}>
          {number(formatBytes(bytes))}
          {fit !== undefined && (
            <Chip tone={fit.tone} title={fit.says}>
              {fit.word}
            </Chip>
          )}
        </span>
      );
    },
  },
];

const libraryColumns: readonly LibraryColumn[] = columns.map((column) => ({
  ...column,
  sortable: true,
}));

/** Columns that need a table of at least so many pixels; the others always stand. */
const neededWidth: Partial<Record<SortColumn, number>> = {
  kind: 700,
  parameters: 800,
  architecture: 1100,
  context: 1000,
  domain: 1000,
};

/** The columns that a table of this width has room for. */
export function columnsFor(width: number): readonly LibraryColumn[] {
  return libraryColumns.filter(({ key }) => width >= (neededWidth[key] ?? 0));
}
