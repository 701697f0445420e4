// The frame of a chart: title, what it is about, its choices, the switch to its table, and what it can be saved as.
import { Download, Table2 } from 'lucide-react';
import { useId, useRef, useState, type ReactNode, type Ref } from 'react';
import { IconButton } from '#renderer/ui/button.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import css from './compare.module.css';
import { exportCsv, exportPng, exportSvg } from './export-chart.ts';
import { PlainTable } from './plain-table.tsx';
import type { TableData } from './table-data.ts';

export interface ChartCardProps {
  title: string;
  /** Beside the title, muted. */
  about?: ReactNode;
  /** Segmented choices and selects. */
  choices?: ReactNode;
  /** The chart's numbers: its twin, and the CSV. */
  table: TableData;
  /** Begins the names of files. */
  fileName: string;
  /** The drawing; absent for a card that is a table already. */
  children: (drawing: Ref<SVGSVGElement>) => ReactNode;
  /** Under chart and table alike. */
  footer?: ReactNode;
}

export function ChartCard({
  title,
  about,
  choices,
  table,
  fileName,
  children,
  footer,
}: ChartCardProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const withDrawing = (save: (svg: SVGSVGElement) => Promise<void>) => () => {
    if (drawing.current !== null) void save(drawing.current);
  };
  return (
    <section className={css.card} aria-labelledby={id}>
      <header className={css.cardHead}>
        <h2 id={id}>{title}</h2>
        {about}
        <div className={css.choices}>
          {choices}
          <span className={css.tools}>
            <IconButton
              label={asTable ? `${title}: show the chart` : `${title}: show as a table`}
              pressed={asTable}
              onClick={() => setAsTable(!asTable)}
            >
              <Table2 aria-hidden="true" />
            </IconButton>
            <Menu
              align="end"
              trigger={
                <IconButton label={`Save ${title}`}>
                  <Download aria-hidden="true" />
                </IconButton>
              }
              items={[
                {
                  label: 'PNG picture',
                  disabled: asTable,
                  onSelect: withDrawing((svg) => exportPng(fileName, svg)),
                },
                {
                  label: 'SVG drawing',
                  disabled: asTable,
                  onSelect: withDrawing((svg) => exportSvg(fileName, svg)),
                },
                { label: 'CSV table', onSelect: () => void exportCsv(fileName, table) },
              ]}
            />
          </span>
        </div>
      </header>
      {asTable ? <PlainTable label={title} table={table} /> : children(drawing)}
      {footer}
    </section>
  );
}
