// Rows of a tensor gathered into ranges.
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/** Rows are added in rising order; neighbours and repeats join. */
export function addRows(ranges: RowRange[], first: number, count: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && first <= last.first + last.count) {
    const end = Math.max(last.first + last.count, first + count);
    ranges[ranges.length - 1] = { first: last.first, count: end - last.first };
  } else ranges.push({ first, count });
}

/** Joins ranges from several places, in any order. */
export function joinRows(ranges: readonly RowRange[]): RowRange[] {
  const joined: RowRange[] = [];
  for (const { first, count } of [...ranges].sort((left, right) => left.first - right.first)) {
    addRows(joined, first, count);
  }
  return joined;
}

/** `row 7`, `rows 7 to 9`, `rows 7 to 9 and 12 more ranges`. */
export function rowsText(ranges: readonly RowRange[]): string {
  const [first] = ranges;
  if (first === undefined) return 'no row';
  const text = first.count === 1 ? `row ${first.first}` : `rows ${first.first} to ${first.first + first.count - 1}`; // prettier-ignore
  const others = ranges.length - 1;
  return others === 0 ? text : `${text} and ${others} more ${others === 1 ? 'range' : 'ranges'}`;
}
