// A file's tensors: a bar per type, a filter by name, shape or type, and the list, any number of rows.
import { useDeferredValue, useMemo, useState } from 'react';
import type { InspectedTensor, Inspection } from '#src/contract/inspection.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import { VirtualTable, type TableColumn, type TableSort } from '#renderer/ui/virtual-table.tsx';
import css from './details.module.css';
import { filterByWords } from './filter-by-words.ts';
import { TypeBar } from './type-bar.tsx';

const shapeOf = ({ shape }: InspectedTensor) => shape.join(' × ');

const columns: readonly TableColumn<InspectedTensor>[] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(110px, 1fr)',
    sortable: true,
    cell: ({ name }) => (
      <span className="num" title={name}>
        {name}
      </span>
    ),
  },
  {
    key: 'shape',
    header: 'Shape',
    width: '88px',
    align: 'end',
    cell: (tensor) => (
      <span className="num" title={shapeOf(tensor)}>
        {shapeOf(tensor)}
      </span>
    ),
  },
  {
    key: 'type',
    header: 'Type',
    width: '68px',
    sortable: true,
    cell: ({ type }) => <LevelTag level={type} />,
  },
  {
    key: 'size',
    header: 'Size',
    width: '62px',
    align: 'end',
    sortable: true,
    cell: ({ bytes }) => <span className="num">{formatBytes(bytes)}</span>,
  },
];

const keyOf = (tensor: InspectedTensor) => tensor.name;
const collator = new Intl.Collator('en', { numeric: true });

/** In the file's order without `sort`. */
export function sortTensors(
  tensors: readonly InspectedTensor[],
  sort: TableSort | undefined,
): readonly InspectedTensor[] {
  if (sort === undefined) return tensors;
  const direction = sort.descending ? -1 : 1;
  const compare = (left: InspectedTensor, right: InspectedTensor) =>
    sort.column === 'size'
      ? left.bytes - right.bytes
      : sort.column === 'type'
        ? collator.compare(left.type, right.type)
        : collator.compare(left.name, right.name);
  return [...tensors].sort((left, right) => compare(left, right) * direction);
}

export function TensorsTab({ inspection }: { inspection: Inspection }) {
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<TableSort | undefined>();
  const words = useDeferredValue(search);
  const rows = useMemo(
    () =>
      sortTensors(
        filterByWords(
          inspection.tensors,
          words,
          (tensor) => `${tensor.name} ${tensor.type} ${tensor.shape.join('x')}`,
        ),
        sort,
      ),
    [inspection, words, sort],
  );
  if (inspection.tensors.length === 0) {
    return <EmptyState title="No tensors" text="Files of this kind hold none." />;
  }
  return (
    <div className={css.fill}>
      <div className={css.pad}>
        <TypeBar types={inspection.types} />
      </div>
      <div className={css.tools}>
        <SearchInput
          label="Search the tensors"
          placeholder="Name, type or shape: attn q4_k 4096x"
          value={search}
          onChange={setSearch}
        />
        <span className={css.muted} role="status">
          <span className="num">{rows.length}</span>
          <span className="visually-hidden"> tensors</span>
        </span>
      </div>
      <div className={css.rest}>
        <VirtualTable
          label="Tensors"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          rowHeight={28}
          sort={sort}
          onSort={setSort}
          empty={<EmptyState title="Nothing matches" text="No tensor has these words." />}
        />
      </div>
    </div>
  );
}
