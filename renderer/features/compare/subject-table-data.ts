// The figures of all subjects as a plain table, for the plane's twin and for CSV files.
import { formatBytes } from '#src/text/format-number.ts';
import { formWords } from './charts/mark.tsx';
import { figureText, figureWords } from './figure-text.ts';
import { figureNames, type FigureName, type SubjectRow } from './run-rows.ts';
import type { Cell, TableData } from './table-data.ts';

/** With `only`, that figure alone. */
export function subjectTable(rows: readonly SubjectRow[], only?: FigureName): TableData {
  const names = figureNames.filter(
    (name) => (only ?? name) === name && rows.some(({ figures }) => figures[name] !== undefined),
  );
  return {
    columns: [
      { name: 'File', csv: 'subject', numeric: false, wide: true },
      { name: 'Level', csv: 'level', numeric: false },
      { name: 'Form', csv: 'form', numeric: false },
      { name: 'Size', csv: 'bytes', numeric: true },
      { name: 'bpw', csv: 'bits_per_weight', numeric: true },
      ...names.flatMap((name) => {
        const { name: header, csv } = figureWords[name];
        return [
          { name: header, csv, numeric: true },
          { name: 'from', csv: `${csv}_low`, numeric: true },
          { name: 'to', csv: `${csv}_high`, numeric: true },
        ];
      }),
    ],
    rows: rows.map((row): Cell[] => [
      row.label,
      row.level,
      formWords[row.subject.form],
      { value: row.bytes, text: formatBytes(row.bytes) },
      { value: row.bitsPerWeight, text: row.bitsPerWeight.toFixed(2) },
      ...names.flatMap((name): Cell[] => {
        const figure = row.figures[name];
        if (figure === undefined) return [undefined, undefined, undefined];
        const cell = (value: number): Cell => ({ value, text: figureText(name, value) });
        return [cell(figure.value), cell(figure.low), cell(figure.high)];
      }),
    ]),
  };
}
