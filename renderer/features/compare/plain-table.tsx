// Any chart's numbers as a table. Long ones are drawn only where they are in sight.
import { useMemo, useState } from 'react';
import { VirtualTable, type TableColumn, type TableSort } from '#renderer/ui/virtual-table.tsx';
import css from './compare.module.css';
import { sortRows } from './sort-rows.ts';
import { cellText, type Cell, type TableData } from './table-data.ts';

interface NumberedRow {
  readonly key: string;
  readonly cells: readonly Cell[];
}

const rowHeight = 28;
const mostRows = 14;

export function PlainTable({ label, table }: { label: string; table: TableData }) {
  const [sort, setSort] = useState<TableSort | undefined>();
  const columns = useMemo(
    () =>
      table.columns.map(({ name, numeric, wide = false }, index): TableColumn<NumberedRow> => ({
        key: String(index),
        header: name,
        width: numeric
          ? `minmax(${wide ? 130 : 80}px, 1fr)`
          : `minmax(${wide ? 190 : 110}px, ${wide ? 2.4 : 1.6}fr)`,
        align: numeric ? 'end' : 'start',
        sortable: true,
        cell: ({ cells }) => (
          <span className={numeric ? 'num' : undefined} title={cellText(cells[index])}>
            {cellText(cells[index])}
          </span>
        ),
      })),
    [table.columns],
  );
  const rows = useMemo(() => {
    const numbered = table.rows.map((cells, index) => ({ key: String(index), cells }));
    return sort === undefined
      ? numbered
      : sortRows(numbered, ({ cells }) => cells[Number(sort.column)], sort.descending);
  }, [table.rows, sort]);
  return (
    <div
      className={css.plainTable}
      style={{ height: 34 + Math.min(mostRows, Math.max(1, rows.length)) * rowHeight + 2 }}
    >
      <VirtualTable
        label={`${label}, as a table`}
        columns={columns}
        rows={rows}
        rowKey={({ key }) => key}
        rowHeight={rowHeight}
        sort={sort}
        onSort={setSort}
        empty={<p className={css.muted}>Nothing was measured.</p>}
      />
    </div>
  );
}
