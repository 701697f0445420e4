// A chart's numbers as a plain table: shown as its twin, and written as CSV.

export interface TableData {
  readonly columns: readonly {
    readonly name: string;
    readonly csv?: string;
    readonly numeric: boolean;
    /** Has whole sentences or long names in it. */
    readonly wide?: boolean;
  }[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Shown text where a number has one of its own. */
export type Cell = string | number | undefined | { readonly value: number; readonly text: string };

export function cellText(cell: Cell): string {
  if (cell === undefined) return '–';
  if (typeof cell === 'object') return cell.text;
  return String(cell);
}

/** RFC 4180 with LF; text that a spreadsheet would take for a formula is defused with an apostrophe. */
export function toCsv({ columns, rows }: TableData): string {
  const lines = [
    columns.map(({ name, csv }) => quoted(csv ?? name)),
    ...rows.map((row) => row.map(csvCell)),
  ];
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'object') return String(cell.value);
  if (typeof cell === 'number') return String(cell);
  return quoted(cell);
}

function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
