// The open run beside another one: per file both figures and whether they differ.
import { useMemo } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { PlainTable } from './plain-table.tsx';
import { compareRuns, type RunDifference } from './compare-runs.ts';
import css from './compare.module.css';
import { dateText, figureText, isUnknown, kldText } from './figure-text.ts';
import type { FigureName, SubjectRow } from './run-rows.ts';
import type { TableData } from './table-data.ts';

export function RunsCard({ left, right }: { left: Run; right: Run }) {
  const { rows, differing, sharedTexts } = useMemo(() => compareRuns(left, right), [left, right]);
  const table = useMemo(() => tableOf(rows), [rows]);
  const changed = rows.filter(
    ({ verdict }) => verdict === 'closer' || verdict === 'farther',
  ).length;
  const same = rows.filter(({ verdict }) => verdict === 'no difference').length;
  return (
    <section className={css.card} aria-label="Two runs">
      <header className={css.cardHead}>
        <h2>This run against another</h2>
        <Chip tone={changed === 0 ? 'ok' : 'neutral'}>
          {changed === 0 && same > 0
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
      {differing.length > 0 && (
        <details className={css.remarks} open={differing.length <= 4}>
          <summary>
            {differing.length} {differing.length === 1 ? 'condition differs' : 'conditions differ'}
          </summary>
          <dl className={css.facts}>
            {differing.map(({ name, left: one, right: two }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="num" title={`${one} / ${two}`}>
                  {one} / {two}
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
} as const;

function tableOf(rows: readonly RunDifference[]): TableData {
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
      { name: 'Difference', numeric: true },
      { name: 'Verdict', numeric: false, wide: true },
      { name: 'Same top A', numeric: true },
      { name: 'Same top B', numeric: true },
      { name: 't/s A', numeric: true },
      { name: 't/s B', numeric: true },
    ],
    rows: rows.map(({ label, left, right, kld, verdict, sameFile }) => [
      label,
      left && { value: left.bytes, text: formatBytes(left.bytes) },
      right && { value: right.bytes, text: formatBytes(right.bytes) },
      figure(left, 'kld'),
      figure(right, 'kld'),
      kld && { value: kld.value, text: differenceText(kld) },
      verdict === undefined
        ? left === undefined
          ? 'only in B'
          : right === undefined
            ? 'only in A'
            : 'not measured'
        : `${verdictWords[verdict]}${sameFile ? ', same bytes' : ''}`,
      figure(left, 'sameTop'),
      figure(right, 'sameTop'),
      figure(left, 'generation'),
      figure(right, 'generation'),
    ]),
  };
}

function differenceText({
  value,
  low,
  high,
}: {
  value: number;
  low: number;
  high: number;
}): string {
  if (isUnknown(low) || isUnknown(high)) return signed(value);
  return value === 0 && low === 0 && high === 0
    ? '0'
    : `${signed(value)} ± ${kldText((high - low) / 2)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${kldText(Math.abs(value))}`;
}
