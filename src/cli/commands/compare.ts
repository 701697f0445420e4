// `compare`: the ranking of one run, or what two runs have apart.
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { compareRuns, type RunDifferences } from '#src/evaluation/report/compare-runs.ts';
import { conditionsLine } from '#src/evaluation/report/conditions.ts';
import { intervalText, plusMinus, significant } from '#src/evaluation/report/figure-text.ts';
import { neighbours, verdictWords } from '#src/evaluation/report/html-differences.ts';
import { reportRows } from '#src/evaluation/report/report-rows.ts';
import { compareDescriptor } from '#src/stages/report/descriptor.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { openRun } from '../open-run.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

const unknownInterval = 'one chunk tells no interval';
const right = (title: string) => ({ title, align: 'right' as const });

export const compareCommand = defineCommand(
  compareDescriptor,
  async ({ positionals: [first = '', second] }, context) => {
    const run = await openRun(first, context);
    if (second === undefined) {
      const ranking = rankRun(run);
      return { result: { run: run.id, ranking }, text: renderRanking(run, ranking, context.style) };
    }
    const other = await openRun(second, context);
    const differences = compareRuns(run, other);
    return {
      result: { left: run.id, right: other.id, ...differences },
      text: renderDifferences(run, other, differences, context.style),
    };
  },
);

function renderRanking(run: Run, ranking: Ranking, style: Style): string {
  const labelOf = (id: string) => printable(run.subjects.find((one) => one.id === id)?.label ?? id);
  const rows = reportRows(run, ranking).map(({ subject, ranked, sameTop, pplRatio }) => [
    labelOf(subject.id),
    formatBytes(subject.bytes),
    subject.bitsPerWeight.toFixed(2),
    plusMinus(ranked.kld),
    intervalText(ranked.kldInterval) ?? unknownInterval,
    `${plusMinus(sameTop, 100)} %`,
    plusMinus(pplRatio),
    ranked.onParetoLine ? '' : 'a smaller one is closer',
  ]);
  const columns = [
    { title: 'file' },
    right('size'),
    right('bpw'),
    right('mean KLD'),
    right('95 % interval'),
    right('same top'),
    right('PPL ratio'),
    { title: '' },
  ];
  const pairs = neighbours(run, ranking).map(({ smaller, larger, comparison }) => [
    `${labelOf(smaller)} and ${labelOf(larger)}`,
    significant(comparison.difference),
    intervalText(comparison.interval) ?? unknownInterval,
    verdictWords[comparison.verdict],
  ]);
  const uses = ranking.recommendations.map(({ purpose, subject, reason }) => {
    const name = subject === undefined ? '' : ` ${style.bold(labelOf(subject))}.`;
    return `${purpose}:${name} ${printable(reason)}\n`;
  });
  const remarks = [...ranking.remarks, ...run.notices].map((remark) => `${printable(remark)}\n`);
  return [
    `${style.bold(printable(run.title))}\n${style.dim(printable(conditionsLine(run)))}\n\n${renderTable(columns, rows)}`,
    ...(pairs.length === 0
      ? []
      : [renderTable([{ title: 'neighbours by size' }, right('KLD less'), right('95 % interval'), { title: '' }], pairs)]), // prettier-ignore
    ...(uses.length === 0 ? [] : [uses.join('')]),
    ...(remarks.length === 0 ? [] : [remarks.join('')]),
  ].join('\n');
}

function renderDifferences(
  left: Run,
  other: Run,
  { conditions, subjects }: RunDifferences,
  style: Style,
): string {
  const named = `${printable(left.title)} (${left.id}) and ${printable(other.title)} (${other.id})`;
  const told = conditions.map(({ name, left: one, right: two }) => [
    name,
    printable(one),
    printable(two),
  ]);
  const rows = subjects.map((one) => {
    if (one.difference === undefined || one.interval === undefined) {
      const where = one.left === undefined ? 'second' : 'first';
      const what = one.left !== undefined && one.right !== undefined ? 'not measured in both' : `only in the ${where}`; // prettier-ignore
      return [printable(one.label), '', '', what];
    }
    const verdict = {
      closer: 'closer in the first',
      farther: 'closer in the second',
      'no difference': 'no difference',
      'other conditions': 'measured otherwise',
    }[one.verdict ?? 'no difference'];
    const how = [
      verdict,
      ...(one.sameFile ? ['same file'] : []),
      ...(one.isPaired ? [] : ['not paired: other texts or conditions']),
    ];
    return [
      printable(one.label),
      significant(one.difference),
      intervalText(one.interval) ?? unknownInterval,
      how.join('; '),
    ];
  });
  const columns = [
    { title: 'file' },
    right('KLD first − second'),
    right('95 % interval'),
    { title: '' },
  ];
  const same = 'The conditions are the same.\n';
  return [
    `${style.bold(named)}\n`,
    told.length === 0 ? same : renderTable([{ title: 'differs' }, { title: 'first' }, { title: 'second' }], told), // prettier-ignore
    renderTable(columns, rows),
  ].join('\n');
}
