// A list that draws only the rows in sight, with one current row. The keyboard is the owner's: it moves `current`.
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useId,
  useRef,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type Ref,
} from 'react';
import css from './virtual-list.module.css';

export interface VirtualListProps<Row> {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  rowHeight: number;
  row: (row: Row, index: number) => ReactNode;
  /** Index of the row that the keyboard is at; -1 for none. */
  current: number;
  isSelected: (row: Row, index: number) => boolean;
  onKeyDown?: (event: KeyboardEvent<HTMLDivElement>) => void;
  onClick?: (row: Row, index: number, event: MouseEvent) => void;
  onDoubleClick?: (row: Row) => void;
  empty?: ReactNode;
  ref?: Ref<HTMLDivElement>;
}

export function VirtualList<Row>({
  label,
  rows,
  rowKey,
  rowHeight,
  row: draw,
  current,
  isSelected,
  onKeyDown,
  onClick,
  onDoubleClick,
  empty,
  ref,
}: VirtualListProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  useEffect(() => {
    if (current >= 0 && current < rows.length) virtual.scrollToIndex(current, { align: 'auto' });
  }, [current]);
  return (
    <div className={css.outer}>
      <div
        className={css.scroller}
        ref={(element) => {
          scroller.current = element;
          if (typeof ref === 'function') ref(element);
          else if (ref !== null && ref !== undefined) ref.current = element;
        }}
        role="listbox"
        aria-label={label}
        aria-activedescendant={current >= 0 ? `${id}-${current}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className={css.body} role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={rowKey(row)}
                id={`${id}-${index}`}
                role="option"
                aria-selected={isSelected(row, index)}
                aria-setsize={rows.length}
                aria-posinset={index + 1}
                className={css.row}
                style={{ height: rowHeight, transform: `translateY(${start}px)` }}
                onClick={(event) => onClick?.(row, index, event)}
                onDoubleClick={() => onDoubleClick?.(row)}
              >
                {draw(row, index)}
              </div>
            );
          })}
        </div>
      </div>
      {rows.length === 0 && empty !== undefined && <div className={css.empty}>{empty}</div>}
    </div>
  );
}
