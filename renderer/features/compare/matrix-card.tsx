// Adapters × levels: what each way to ship an adapter costs at each level, and how much of the adapter survives quantization.
import { useMemo, useState } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { ChartCard } from './chart-card.tsx';
import { HeatMap, heatOf, type HeatCell } from './charts/heat-map.tsx';
import { useWidth } from './charts/use-width.ts';
import css from './compare.module.css';
import { figureParts, kldText } from './figure-text.ts';
import { matrixOf, matrixTable, shipWords, type MatrixEntry } from './matrix-data.ts';
import { PlainTable } from './plain-table.tsx';
import type { Figure } from './run-rows.ts';

type Shown = 'own' | 'general' | 'retention';
const choices: readonly { value: Shown; label: string }[] = [
  { value: 'own', label: 'Own text' },
  { value: 'general', label: 'General text' },
  { value: 'retention', label: 'Retention' },
];

export function MatrixCard({ run, fileName }: { run: Run; fileName: string }) {
  const [shown, setShown] = useState<Shown>('own');
  const [chosen, setChosen] = useState<{ row: string; column: string } | undefined>();
  const [box, width] = useWidth<HTMLDivElement>(1200);
  const entries = useMemo(() => matrixOf(run), [run]);
  const table = useMemo(() => matrixTable(entries), [entries]);
  const adapters = [...new Set(entries.map(({ adapter }) => adapter))];
  const levels = [...new Set(entries.map(({ level }) => level))];
  const cells = useMemo(() => cellsOf(entries, shown), [entries, shown]);
  const entry =
    entries.find(({ adapter, level }) => adapter === chosen?.row && level === chosen.column) ??
    entries[0];
  return (
    <ChartCard
      title="Adapter × level"
      about={
        <span className={css.muted}>
          {shown === 'retention'
            ? "share of the adapter's change that quantization keeps"
            : 'mean KLD: adapter at run time above, merged then quantized below; ◂ is closer beyond doubt'}
        </span>
      }
      choices={
        <Segmented
          label="Shown in the matrix"
          value={shown}
          options={choices}
          onChange={setShown}
        />
      }
      table={table}
      fileName={fileName}
    >
      {(drawing) => (
        <div className={css.withSide}>
          <div
            ref={box}
            className={css.scroll}
            tabIndex={0}
            role="group"
            aria-label="Adapter × level"
          >
            <HeatMap
              label={`${adapters.length} adapters at ${levels.length} levels`}
              rows={adapters.map((adapter) => ({ id: adapter, name: adapter }))}
              columns={levels.map((level) => ({ id: level, name: level, level }))}
              cells={cells}
              width={width}
              cellHeight={shown === 'retention' ? 28 : 42}
              nameWidth={150}
              chosen={entry === undefined ? undefined : { row: entry.adapter, column: entry.level }}
              onChoose={({ row, column }) => setChosen({ row, column })}
              drawing={drawing}
            />
          </div>
          {entry !== undefined && <EntryDetails entry={entry} />}
        </div>
      )}
    </ChartCard>
  );
}

function EntryDetails({ entry }: { entry: MatrixEntry }) {
  const { adapter, level, runTime, merged, retention, ship, reason, closer } = entry;
  const table = useMemo(
    () => ({
      columns: [
        { name: 'Tensor', numeric: false },
        { name: 'Retention', numeric: true },
      ],
      rows: [...entry.retentionPerTensor]
        .sort((a, b) => a.retention - b.retention)
        .map((each) => [each.tensor, { value: each.retention, text: each.retention.toFixed(3) }]),
    }),
    [entry],
  );
  const difference = closer === undefined ? 'none' : `${shipWords[closer]} is closer`;
  return (
    <section className={css.side} aria-label={`${adapter} at ${level}`}>
      <h3>
        {adapter} at <LevelTag level={level} />
      </h3>
      <dl className={css.facts}>
        <Fact name="run-time adapter" figure={runTime.own} />
        <Fact name="merged, then quantized" figure={merged.own} />
        <Row name="difference" value={difference} />
        <Fact name="run time, general text" figure={runTime.general} />
        <Fact name="merged, general text" figure={merged.general} />
        <Row name="retention" value={retention.toFixed(3)} />
        <Row name="ship" value={shipWords[ship]} />
      </dl>
      <p className={css.reason}>{reason}</p>
      {table.rows.length > 0 && (
        <details className={css.remarks}>
          <summary>Retention of {table.rows.length} tensors, least first</summary>
          <PlainTable label="Retention per tensor" table={table} />
        </details>
      )}
    </section>
  );
}

function Fact({ name, figure }: { name: string; figure: Figure | undefined }) {
  if (figure === undefined) return <Row name={name} value="–" />;
  const { value, error } = figureParts('kld', figure);
  return <Row name={name} value={error === undefined ? value : `${value} ± ${error}`} />;
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}

function cellsOf(entries: readonly MatrixEntry[], shown: Shown): HeatCell[] {
  const values = entries.flatMap(({ runTime, merged, retention }) =>
    shown === 'retention'
      ? [-retention]
      : [runTime[shown], merged[shown]].flatMap((figure) =>
          figure === undefined ? [] : figure.value,
        ),
  );
  return entries.map((entry): HeatCell => {
    const { adapter, level, retention } = entry;
    const place = { row: adapter, column: level };
    if (shown === 'retention') {
      return {
        ...place,
        lines: [retention.toFixed(3)],
        heat: heatOf(-retention, values, false),
        words: `${adapter} at ${level}: ${retention.toFixed(3)} of the adapter's change is kept`,
      };
    }
    const runTime = entry.runTime[shown];
    const merged = entry.merged[shown];
    const better = shown === 'own' ? entry.closer : undefined;
    const text = (figure: Figure | undefined, form: 'run-time' | 'merged') =>
      `${figure === undefined ? '–' : kldText(figure.value)}${better === form ? ' ◂' : ''}`;
    return {
      ...place,
      lines: [text(runTime, 'run-time'), text(merged, 'merged')],
      heat: heatOf(Math.max(runTime?.value ?? 0, merged?.value ?? 0), values, true),
      words: `${adapter} at ${level}, ${shown} text: at run time ${text(runTime, 'run-time')}, merged ${text(merged, 'merged')}; ${better === undefined ? 'no difference' : `${shipWords[better]} is closer`}`,
    };
  });
}
