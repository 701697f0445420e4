// Texts × subjects: which domain a level hurts most.
import { useMemo, useState } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { ChartCard } from './chart-card.tsx';
import { HeatMap, heatOf, type HeatCell } from './charts/heat-map.tsx';
import { useWidth } from './charts/use-width.ts';
import { useCompare } from './compare-store.ts';
import css from './compare.module.css';
import { figureText, figureWords, intervalText } from './figure-text.ts';
import { figureOf, isLessBetter, type FigureName } from './run-rows.ts';
import type { TableData } from './table-data.ts';

const metrics: readonly { value: FigureName; label: string }[] = [
  { value: 'kld', label: 'Mean KLD' },
  { value: 'sameTop', label: 'Same top' },
  { value: 'pplRatio', label: 'PPL ratio' },
];

export function DomainMap({ run, fileName }: { run: Run; fileName: string }) {
  const [metric, setMetric] = useState<FigureName>('kld');
  const marked = useCompare(({ subject }) => subject);
  const text = useCompare((store) => store.text);
  const [box, width] = useWidth<HTMLDivElement>(1200);
  const subjects = useMemo(
    () => [...run.subjects].sort((a, b) => b.bytes - a.bytes),
    [run.subjects],
  );
  const cells = useMemo(() => cellsOf(run, metric), [run, metric]);
  const table = useMemo((): TableData => tableOf(run, metric), [run, metric]);
  return (
    <ChartCard
      title="By domain"
      about={<span className={css.muted}>{figureWords[metric].long}</span>}
      choices={
        <Segmented
          label="Measure by domain"
          value={metric}
          options={metrics}
          onChange={setMetric}
        />
      }
      table={table}
      fileName={fileName}
    >
      {(drawing) => (
        <div ref={box} className={css.scroll} tabIndex={0} role="group" aria-label="By domain">
          <HeatMap
            label={`${figureWords[metric].name} of ${subjects.length} files on ${run.texts.length} texts`}
            rows={subjects.map(({ id, label, level }) => ({ id, name: label, level: level ?? '' }))}
            columns={run.texts.map(({ id, title }) => ({ id, name: title }))}
            cells={cells}
            width={width}
            chosen={
              marked === undefined || text === undefined ? undefined : { row: marked, column: text }
            }
            onChoose={({ row, column }) => useCompare.setState({ subject: row, text: column })}
            drawing={drawing}
          />
        </div>
      )}
    </ChartCard>
  );
}

function cellsOf(run: Run, metric: FigureName): HeatCell[] {
  const found = run.measurements.flatMap((measurement) => {
    const figure = figureOf(measurement, metric);
    return figure === undefined ? [] : [{ measurement, figure }];
  });
  // Stronger is always worse.
  const sign = isLessBetter(metric) ? 1 : -1;
  const values = found.map(({ figure }) => sign * figure.value);
  const nameOf = new Map(run.subjects.map(({ id, label }) => [id, label]));
  const textOf = new Map(run.texts.map(({ id, title }) => [id, title]));
  return found.map(({ measurement: { subject, text }, figure }) => ({
    row: subject,
    column: text,
    lines: [figureText(metric, figure.value)],
    heat: heatOf(sign * figure.value, values, metric === 'kld'),
    words: `${nameOf.get(subject) ?? subject} on ${textOf.get(text) ?? text}: ${figureWords[metric].name} ${intervalText(metric, figure)}`,
  }));
}

function tableOf(run: Run, metric: FigureName): TableData {
  const of = new Map(run.measurements.map((each) => [`${each.subject}\n${each.text}`, each]));
  return {
    columns: [
      { name: 'File', csv: 'subject', numeric: false },
      ...run.texts.map(({ title }) => ({ name: title, numeric: true })),
    ],
    rows: run.subjects.map(({ id, label }) => [
      label,
      ...run.texts.map((text) => {
        const measurement = of.get(`${id}\n${text.id}`);
        const figure = measurement && figureOf(measurement, metric);
        return figure && { value: figure.value, text: figureText(metric, figure.value) };
      }),
    ]),
  };
}
