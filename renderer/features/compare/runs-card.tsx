// The open run beside another one: per file both figures and whether they differ.
import { useMemo } from 'react';
import {
  compareRuns,
  type RunDifferences,
  type SubjectDifference,
} from '#src/evaluation/report/compare-runs.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { PlainTable } from './plain-table.tsx';
import css from './compare.module.css';
import { dateText, figureText, isUnknown, kldText } from './figure-text.ts';
import type { OpenedRun } from './compare-store.ts';
import { rowsOf, type FigureName, type SubjectRow } from './run-rows.ts';
import type { TableData } from './table-data.ts';

export function RunsCard({ first, second }: { first: OpenedRun; second: OpenedRun }) {
  const { subjects, conditions, sharedTexts } = useMemo(
    () => compareRuns(first.run, second.run, [first.ranking, second.ranking]),
    [first, second],
  );
  const table = useMemo(() => tableOf(subjects, first, second), [subjects, first, second]);
  const changed = subjects.filter(
    ({ verdict }) => verdict === 'closer' || verdict === 'farther',
  ).length;
  const same = subjects.filter(({ verdict }) => verdict === 'no difference').length;
  const otherwise = subjects.filter(({ verdict }) => verdict === 'other conditions').length;
  const [left, right] = [first.run, second.run];
  return (
    <section className={css.card} aria-label="Two runs">
      <header className={css.cardHead}>
        <h2>This run against another</h2>
        <Chip tone={changed === 0 && otherwise === 0 && same > 0 ? 'ok' : 'neutral'}>
          {changed + same + otherwise === 0
            ? 'no file is measured in both'
            : changed === 0 && otherwise > 0
              ? 'the same files, measured otherwise'
              : changed === 0
                ? `no difference in ${same} ${same === 1 ? 'file' : 'files'}`
                : `${changed} of ${changed + same} files differ`}
        </Chip>
      </header>
      <p className={css.muted}>
        A: {left.title}, {dateText(left.createdAt)}. B: {right.title}, {dateText(right.createdAt)}.{' '}
        {sharedTexts.length === 0
          ? 'They share no text, so differences are those of two measurements.'
          : `They share ${sharedTexts.join(', ')}.`}
      </p>
      <PlainTable label="Two runs" table={table} />
      {conditions.length > 0 && (
        <details className={css.remarks} open={conditions.length <= 4}>
          <summary>
            {conditions.length}{' '}
            {conditions.length === 1 ? 'condition differs' : 'conditions differ'}
          </summary>
          <dl className={css.conditions}>
            {conditions.map(({ name, left: one, right: two }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <span>A</span> {one}
                </dd>
                <dd>
                  <span>B</span> {two}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

const verdictWords = {
  closer: 'A is closer',
  farther: 'B is closer',
  'no difference': 'no difference',
  'other conditions': 'other conditions',
} as const;

function tableOf(
  subjects: RunDifferences['subjects'],
  first: OpenedRun,
  second: OpenedRun,
): TableData {
  const rowIn = ({ run, ranking }: OpenedRun) => {
    const rows = rowsOf(run, undefined, ranking);
    return (id: string | undefined) => rows.find((row) => row.id === id);
  };
  const [inFirst, inSecond] = [rowIn(first), rowIn(second)];
  const figure = (row: SubjectRow | undefined, name: FigureName) => {
    const found = row?.figures[name];
    return found && { value: found.value, text: figureText(name, found.value) };
  };
  return {
    columns: [
      { name: 'File', numeric: false, wide: true },
      { name: 'Size A', numeric: true },
      { name: 'Size B', numeric: true },
      { name: 'KLD A', numeric: true },
      { name: 'KLD B', numeric: true },
      { name: 'Difference', numeric: true, wide: true },
      { name: 'Verdict', numeric: false, wide: true },
      { name: 'Same top A', numeric: true },
      { name: 'Same top B', numeric: true },
      { name: 't/s A', numeric: true },
      { name: 't/s B', numeric: true },
    ],
    rows: subjects.map((subject) => {
      const [left, right] = [inFirst(subject.left), inSecond(subject.right)];
      return [
        subject.label,
        left && { value: left.bytes, text: formatBytes(left.bytes) },
        right && { value: right.bytes, text: formatBytes(right.bytes) },
        figure(left, 'kld'),
        figure(right, 'kld'),
        differenceOf(subject),
        verdictText(subject),
        figure(left, 'sameTop'),
        figure(right, 'sameTop'),
        figure(left, 'generation'),
        figure(right, 'generation'),
      ];
    }),
  };
}

function verdictText({ left, right, verdict, sameFile }: SubjectDifference): string {
  if (left === undefined) return 'only in B';
  if (right === undefined) return 'only in A';
  if (verdict === undefined) return 'not measured';
  const isTold = verdict === 'other conditions';
  return `${verdictWords[verdict]}${sameFile && !isTold ? ', same bytes' : ''}`;
}

function differenceOf({ difference, interval }: SubjectDifference) {
  if (difference === undefined || interval === undefined) return undefined;
  return { value: difference, text: differenceText(difference, interval) };
}

function differenceText(value: number, { low, high }: { low: number; high: number }): string {
  if (isUnknown(low) || isUnknown(high)) return signed(value);
  return value === 0 && low === 0 && high === 0
    ? '0'
    : `${signed(value)} ± ${kldText((high - low) / 2)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${kldText(Math.abs(value))}`;
}
