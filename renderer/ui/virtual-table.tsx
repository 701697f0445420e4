// A table that draws only the rows in sight: 10,000 rows scroll like ten. Arrow keys move the selection, Enter opens,
// a click on a column's name sorts. Rows are one height.
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import {
  memo,
  useEffect,
  useId,
  useMemo,
  useRef,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import { classNames } from './class-names.ts';
import { nextIndex } from './next-index.ts';
import css from './virtual-table.module.css';

export interface TableColumn<Row> {
  key: string;
  header: string;
  /** A track of a CSS grid: `minmax(200px, 2fr)`, `96px`. */
  width: string;
  align?: 'start' | 'end';
  sortable?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface TableSort {
  readonly column: string;
  readonly descending: boolean;
}

export interface VirtualTableProps<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  rowHeight?: number;
  selected?: string | undefined;
  onSelect?: (row: Row) => void;
  /** Enter or double click. */
  onActivate?: (row: Row) => void;
  /** Fills a drag of this row; rows are not draggable without it. False refuses this one. */
  onDragRow?: (row: Row, transfer: DataTransfer) => boolean;
  /** Escape. */
  onCancel?: () => void;
  sort?: TableSort | undefined;
  onSort?: (sort: TableSort) => void;
  /** Instead of rows when there are none. */
  empty?: ReactNode;
}

export function VirtualTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  rowHeight = 32,
  selected,
  onSelect,
  onActivate,
  onDragRow,
  onCancel,
  sort,
  onSort,
  empty,
}: VirtualTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const actions = useRef<RowActions<Row>>({ onSelect, onActivate, onDragRow });
  actions.current = { onSelect, onActivate, onDragRow };
  const template = useMemo(() => columns.map(({ width }) => width).join(' '), [columns]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollPaddingStart: 32,
  });
  const selectedIndex = useMemo(
    () => (selected === undefined ? -1 : rows.findIndex((row) => rowKey(row) === selected)),
    [rows, selected, rowKey],
  );

  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: 'auto' });
    // Only when another row is chosen: sorting or new rows must not move the list under the reader.
  }, [selected]);

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    if (event.target !== event.currentTarget) return;
    const row = rows[selectedIndex];
    if (event.key === 'Enter' && row !== undefined) {
      event.preventDefault();
      onActivate?.(row);
      return;
    }
    if (event.key === 'Escape') onCancel?.();
    if (onSelect === undefined) return;
    const page = Math.max(1, Math.floor(event.currentTarget.clientHeight / rowHeight) - 2);
    const next = nextIndex(event.key, selectedIndex, rows.length, page);
    if (next === undefined) return;
    event.preventDefault();
    const target = rows[next];
    if (target !== undefined) onSelect(target);
  }

  return (
    <div className={css.outer}>
      <div
        ref={scroller}
        className={css.scroller}
        role={onSelect === undefined ? 'table' : 'grid'}
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={
          onSelect !== undefined && selectedIndex >= 0 ? `${id}-${selectedIndex}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className={css.head} role="rowgroup">
          <div
            role="row"
            aria-rowindex={1}
            className={css.row}
            style={{ gridTemplateColumns: template }}
          >
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
        <div
          className={css.body}
          role="rowgroup"
          style={{ height: rows.length === 0 ? undefined : virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <DataRow
                key={rowKey(row)}
                id={`${id}-${item.index}`}
                row={row}
                index={item.index}
                start={item.start}
                height={rowHeight}
                template={template}
                columns={columns}
                selected={onSelect === undefined ? undefined : item.index === selectedIndex}
                draggable={onDragRow !== undefined}
                actions={actions}
              />
            );
          })}
        </div>
      </div>
      {/* Beside the grid: inside it only rows may stand. */}
      {rows.length === 0 && empty !== undefined && <div className={css.empty}>{empty}</div>}
    </div>
  );
}

interface RowActions<Row> {
  readonly onSelect: ((row: Row) => void) | undefined;
  readonly onActivate: ((row: Row) => void) | undefined;
  readonly onDragRow: ((row: Row, transfer: DataTransfer) => boolean) | undefined;
}

interface DataRowProps<Row> {
  id: string;
  row: Row;
  index: number;
  start: number;
  height: number;
  template: string;
  columns: readonly TableColumn<Row>[];
  /** Undefined where rows are not chosen. */
  selected: boolean | undefined;
  draggable: boolean;
  actions: RefObject<RowActions<Row>>;
}

/** Drawn again only when its own row changes: scrolling adds rows at one end and leaves the others as they are. */
const DataRow = memo(PlainRow) as typeof PlainRow;

function PlainRow<Row>({
  id,
  row,
  index,
  start,
  height,
  template,
  columns,
  selected,
  draggable,
  actions,
}: DataRowProps<Row>) {
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={classNames(css.row, css.dataRow, selected !== undefined && css.selectable)}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${start}px)` }}
      onClick={() => actions.current.onSelect?.(row)}
      onDoubleClick={() => actions.current.onActivate?.(row)}
      draggable={draggable || undefined}
      onDragStart={(event) => {
        if (actions.current.onDragRow?.(row, event.dataTransfer) !== true) event.preventDefault();
      }}
    >
      {columns.map((column) => (
        <div
          key={column.key}
          role={selected === undefined ? 'cell' : 'gridcell'}
          className={classNames(css.cell, column.align === 'end' && css.end)}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: TableColumn<Row>;
  sort: TableSort | undefined;
  onSort: ((sort: TableSort) => void) | undefined;
}) {
  const sorted = sort?.column === column.key ? sort : undefined;
  const className = classNames(css.cell, css.headCell, column.align === 'end' && css.end);
  if (onSort === undefined || column.sortable !== true) {
    return (
      <div role="columnheader" className={className}>
        {column.header}
      </div>
    );
  }
  return (
    <div
      role="columnheader"
      className={className}
      aria-sort={sorted === undefined ? undefined : sorted.descending ? 'descending' : 'ascending'}
    >
      <button
        type="button"
        className={css.sort}
        onClick={() =>
          onSort({
            column: column.key,
            descending: sorted === undefined ? column.align === 'end' : !sorted.descending,
          })
        }
      >
        {column.header}
        {sorted !== undefined &&
          (sorted.descending ? <ArrowDown aria-hidden="true" /> : <ArrowUp aria-hidden="true" />)}
      </button>
    </div>
  );
}
