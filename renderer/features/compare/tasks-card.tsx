// Questions with known answers: what each file got right, and whether it lost anything against the unquantized model.
import { useMemo } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import {
  comparisonText,
  scoreText,
  taskRows,
  type TaskRow,
} from '#src/evaluation/tasks/task-rows.ts';
import { ChartCard } from './chart-card.tsx';
import css from './compare.module.css';
import { PlainTable } from './plain-table.tsx';
import type { TableData } from './table-data.ts';

export function TasksCard({ run, fileName }: { run: Run; fileName: string }) {
  const rows = useMemo(() => taskRows(run), [run]);
  const table = useMemo(() => tableOf(rows), [rows]);
  const wrong = rows.filter(({ result }) => result.wrong.length > 0);
  return (
    <ChartCard
      title="Tasks"
      about={
        <span className={css.muted}>
          questions with known answers; 95 % intervals by Wilson, differences by McNemar’s test
        </span>
      }
      table={table}
      fileName={fileName}
      footer={wrong.map(({ label, result }) => (
        <details key={`${result.task} ${result.subject}`} className={css.remarks}>
          <summary>
            {label}, {result.title}: first wrong answers
          </summary>
          <ul>
            {result.wrong.map(({ prompt, expected, answered }, index) => (
              <li key={index}>
                {prompt}
                <br />
                <span className={css.muted}>
                  expected {expected}; answered {answered}
                </span>
              </li>
            ))}
          </ul>
        </details>
      ))}
    >
      {() => <PlainTable label="Tasks" table={table} />}
    </ChartCard>
  );
}

function tableOf(rows: readonly TaskRow[]): TableData {
  const share = (value: number) => ({ value, text: `${(100 * value).toFixed(1)} %` });
  return {
    columns: [
      { name: 'File', csv: 'subject', numeric: false, wide: true },
      { name: 'Tasks', csv: 'task', numeric: false, wide: true },
      { name: 'Right', csv: 'right', numeric: true },
      { name: 'Asked', csv: 'asked', numeric: true },
      { name: 'Score', csv: 'score', numeric: true },
      { name: 'from', csv: 'score_low', numeric: true },
      { name: 'to', csv: 'score_high', numeric: true },
      { name: 'Against unquantized', csv: 'against_unquantized', numeric: false, wide: true },
    ],
    rows: rows.map((row) => [
      row.isReference ? `${row.label} (unquantized)` : row.label,
      row.result.title,
      row.result.right,
      row.result.asked,
      { value: row.score, text: scoreText(row).split(' (')[0] ?? '' },
      share(row.interval.low),
      share(row.interval.high),
      comparisonText(row),
    ]),
  };
}
