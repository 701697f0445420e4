// Sorting by any column: numbers by value, text as people count (Q2_K before Q10), what is missing always last.
import type { Cell } from './table-data.ts';

const collator = new Intl.Collator('en', { numeric: true });

/** A sorted copy; rows that are equal keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  cellOf: (row: Row) => Cell,
  descending: boolean,
): Row[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((left, right) => {
    const a = plain(cellOf(left));
    const b = plain(cellOf(right));
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined);
    const order =
      typeof a === 'number' && typeof b === 'number'
        ? a - b
        : collator.compare(String(a), String(b));
    return order * direction;
  });
}

function plain(cell: Cell): string | number | undefined {
  const value = typeof cell === 'object' ? cell.value : cell;
  return typeof value === 'number' && Number.isNaN(value) ? undefined : value;
}
