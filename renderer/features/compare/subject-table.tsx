// Every subject with every figure. The best of a column is strong only where no interval reaches it.
import { useMemo, useState, type ReactNode } from 'react';
import { formatBytes } from '#src/text/format-number.ts';
import { IconButton } from '#renderer/ui/button.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { VirtualTable, type TableColumn, type TableSort } from '#renderer/ui/virtual-table.tsx';
import { Download } from 'lucide-react';
import { formWords, Mark } from './charts/mark.tsx';
import { markSubject, useCompare } from './compare-store.ts';
import css from './compare.module.css';
import { exportCsv } from './export-chart.ts';
import { figureParts, figureWords, intervalText } from './figure-text.ts';
import { clearBest, figureNames, type FigureName, type SubjectRow } from './run-rows.ts';
import { sortRows } from './sort-rows.ts';
import { subjectTable } from './subject-table-data.ts';
import type { Cell } from './table-data.ts';

const widths: Readonly<Record<FigureName, string>> = {
  kld: 'minmax(140px, 1.4fr)',
  kld99: 'minmax(58px, 0.6fr)',
  sameTop: 'minmax(94px, 1fr)',
  pplRatio: 'minmax(110px, 1.2fr)',
  generation: 'minmax(80px, 0.9fr)',
  firstToken: 'minmax(64px, 0.7fr)',
  memory: 'minmax(60px, 0.6fr)',
};
const rowHeight = 32;
const mostRows = 16;

export interface SubjectTableProps {
  rows: readonly SubjectRow[];
  fileName: string;
  about: ReactNode;
}

export function SubjectTable({ rows, fileName, about }: SubjectTableProps) {
  const marked = useCompare(({ subject }) => subject);
  const [sort, setSort] = useState<TableSort>({ column: 'size', descending: true });
  const sorted = useMemo(
    () => sortRows(rows, (row) => valueOf(row, sort.column), sort.descending),
    [rows, sort],
  );
  const columns = useMemo(() => columnsFor(rows), [rows]);
  return (
    <section className={css.card} aria-label="All figures">
      <header className={css.cardHead}>
        <h2>Figures</h2>
        {about}
        <div className={css.choices}>
          <Menu
            align="end"
            trigger={
              <IconButton label="Save Figures">
                <Download aria-hidden="true" />
              </IconButton>
            }
            items={[
              {
                label: 'CSV table',
                onSelect: () => void exportCsv(fileName, subjectTable(rows)),
              },
            ]}
          />
        </div>
      </header>
      <div
        className={css.plainTable}
        style={{ height: 34 + Math.min(mostRows, Math.max(1, rows.length)) * rowHeight + 2 }}
      >
        <VirtualTable
          label="Figures"
          columns={columns}
          rows={sorted}
          rowKey={({ id }) => id}
          rowHeight={rowHeight}
          selected={marked}
          onSelect={({ id }) => useCompare.setState({ subject: id })}
          onActivate={({ id }) => markSubject(id)}
          onCancel={() => useCompare.setState({ subject: undefined })}
          sort={sort}
          onSort={setSort}
        />
      </div>
      <p className={css.note}>
        ± is the standard error, for tokens per second half the spread of the runs. The best of a
        column is bold only where its 95 % interval meets no other.
      </p>
    </section>
  );
}

/** What a column is sorted by. */
export function valueOf(row: SubjectRow, column: string): Cell {
  if (column === 'label') return row.label;
  if (column === 'size') return row.bytes;
  if (column === 'bpw') return row.bitsPerWeight;
  return row.figures[column as FigureName]?.value;
}

function columnsFor(rows: readonly SubjectRow[]): TableColumn<SubjectRow>[] {
  const measured = figureNames.filter((name) => rows.some(({ figures }) => figures[name]));
  return [
    {
      key: 'label',
      header: 'File',
      width: `minmax(${Math.min(190, Math.max(96, ...rows.map(({ label }) => label.length * 7.4 + 24)))}px, 1.2fr)`,
      sortable: true,
      cell: ({ label, level, subject }) => (
        <span
          className={css.subject}
          title={`${label}: ${formWords[subject.form]}\n${subject.path}`}
        >
          <svg
            width={16}
            height={16}
            viewBox="0 0 16 16"
            role="img"
            aria-label={formWords[subject.form]}
          >
            <Mark form={subject.form} level={level} x={8} y={8} radius={4.5} />
          </svg>
          <span className={css.cut}>{label}</span>
        </span>
      ),
    },
    {
      key: 'size',
      header: 'Size',
      width: 'minmax(60px, 0.7fr)',
      align: 'end',
      sortable: true,
      cell: ({ bytes }) => <span className="num">{formatBytes(bytes)}</span>,
    },
    {
      key: 'bpw',
      header: 'bpw',
      width: 'minmax(36px, 0.5fr)',
      align: 'end',
      sortable: true,
      cell: ({ bitsPerWeight }) => <span className="num">{bitsPerWeight.toFixed(2)}</span>,
    },
    ...measured.map((name): TableColumn<SubjectRow> => {
      const best = clearBest(rows, name);
      // As wide as the longest error, so that every ± stands below the one above.
      const errorWidth = Math.max(
        0,
        ...rows.map(({ figures }) => {
          const figure = figures[name];
          return figure === undefined ? 0 : (figureParts(name, figure).error?.length ?? 0);
        }),
      );
      return {
        key: name,
        header: figureWords[name].name,
        width: widths[name],
        align: 'end',
        sortable: true,
        cell: ({ id, figures }) => {
          const figure = figures[name];
          if (figure === undefined) return <span className={css.muted}>–</span>;
          const { value, error } = figureParts(name, figure);
          return (
            <span
              className={`num ${id === best ? (css.best ?? '') : ''}`}
              title={`${figureWords[name].long}: ${intervalText(name, figure)}`}
            >
              {value}
              {errorWidth > 0 && (
                <span className={css.error} style={{ minWidth: `${errorWidth + 3}ch` }}>
                  {error === undefined ? '' : `\u00a0±\u00a0${error}`}
                </span>
              )}
              {id === best && <span className="visually-hidden"> (best)</span>}
            </span>
          );
        },
      };
    }),
  ];
}
