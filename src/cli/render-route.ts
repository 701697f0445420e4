// What `route` prints: a decision with its reasons, figures with intervals, thresholds, changes.
import type { Decision, Reason } from '#src/contract/routing/decision.ts';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import type { EvaluationComparison } from '#src/routing/evaluation/compare-evaluations.ts';
import type { Replay } from '#src/routing/trace/replay-trace.ts';
import { printable } from './printable.ts';
import { renderFacts, renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

const shownScores = 4;
const shownChanges = 20;

/** The route first, then why. */
export function renderDecision(decision: Decision, name: string, style: Style): string {
  const { route, target, scores, threshold, why, by, intents, emotion, milliseconds } = decision;
  const ranked = Object.entries(scores).toSorted(([, left], [, right]) => right - left);
  const facts: [string, string][] = [
    ['route', route === null ? style.yellow('none of these') : style.green(printable(route))],
    ['answers', printable([target.parent, target.adapter].filter(Boolean).join(':'))],
    [
      'scores',
      ranked
        .slice(0, shownScores)
        .map(([id, score]) => `${printable(id)} ${score.toFixed(2)}`)
        .join(', '),
    ],
    ['threshold', threshold.toFixed(2)],
    ...(intents.length === 0
      ? []
      : [['also', intents.map(printable).join(', ')] as [string, string]]),
    ...(emotion === undefined ? [] : [['emotion', emotionText(emotion)] as [string, string]]),
    ['by', `${by}, ${milliseconds.toFixed(2)} ms, ${printable(name)}`],
  ];
  const reasons = why.map((reason) => `  ${reasonText(reason)}\n`).join('');
  return `${renderFacts(facts)}why\n${reasons}`;
}

function emotionText({
  label,
  confidence,
  words,
  changed,
}: NonNullable<Decision['emotion']>): string {
  if (label === 'neutral') return 'neutral';
  const seen = words.length === 0 ? '' : ` (${words.map(printable).join(', ')})`;
  const made = changed === undefined ? '' : `; changes ${Object.keys(changed).join(' and ')}`;
  return `${label} ${confidence.toFixed(2)}${seen}${made}`;
}

function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'example':
      return `like "${printable(reason.text)}" (${reason.similarity.toFixed(2)})`;
    case 'words':
      return `words ${reason.words.map(({ word, weight }) => `${printable(word)} ${percent(weight)}`).join(', ')}`;
    case 'rule':
      return printable(reason.message);
  }
}

export function renderEvaluation(
  evaluation: RoutingEvaluation,
  name: string,
  style: Style,
): string {
  const { accuracy, accuracyWhenRouted, offTopicAbstained, macroF1, calibration, latency } =
    evaluation;
  const facts: [string, string][] = [
    ['accuracy', intervalText(accuracy)],
    ['accuracy when routed', intervalText(accuracyWhenRouted)],
    ['off-topic left alone', intervalText(offTopicAbstained)],
    ['macro F1', macroF1.toFixed(3)],
    ['calibration error', calibration.error.toFixed(3)],
    ['latency', `p50 ${latency.p50.toFixed(2)} ms, p95 ${latency.p95.toFixed(2)} ms`],
  ];
  const columns = [
    { title: 'route' },
    ...['right', 'of', 'precision', 'recall', 'F1', 'threshold'].map((title) => ({
      title,
      align: 'right' as const,
    })),
  ];
  const rows = evaluation.perRoute.map(({ route, precision, recall, f1, threshold, test }) => [
    printable(route),
    String(Math.round(recall * test)),
    String(test),
    precision.toFixed(2),
    recall.toFixed(2),
    f1.toFixed(2),
    threshold.toFixed(2),
  ]);
  const title = style.bold(`${printable(name)}, ${evaluation.classifier}`);
  return `${title}\n${renderFacts(facts)}\n${renderTable(columns, rows)}\n${renderMatrix(evaluation)}`;
}

/** Rows: where prompts belong; columns, by number: where they went. */
function renderMatrix({ routes, confusion }: RoutingEvaluation): string {
  const names = [...routes.map(printable), 'none of these'];
  const columns = [
    { title: 'belongs to \\ went to' },
    ...names.map((_, index) => ({
      title: index === names.length - 1 ? 'none' : String(index + 1),
      align: 'right' as const,
    })),
  ];
  const rows = confusion.map((row, index) => [
    `${index === names.length - 1 ? '' : `${index + 1} `}${names[index] ?? ''}`,
    ...row.map((count) => (count === 0 ? '.' : String(count))),
  ]);
  return renderTable(columns, rows);
}

export function renderComparison(
  comparison: EvaluationComparison,
  first: string,
  second: string,
): string {
  const { prompts, bothRight, onlyFirstRight, onlySecondRight, bothWrong, pValue, differences } =
    comparison;
  const facts: [string, string][] = [
    ['prompts', String(prompts)],
    ['both right', String(bothRight)],
    [`only ${printable(first)} right`, String(onlyFirstRight)],
    [`only ${printable(second)} right`, String(onlySecondRight)],
    ['both wrong', String(bothWrong)],
    ['p (McNemar, exact)', pValue.toFixed(3)],
  ];
  const lines = differences
    .slice(0, shownChanges)
    .map(
      ({ text, expected, first: one, second: two }) =>
        `  ${printable(text)}\n    belongs to ${nameOf(expected)}; ${nameOf(one)} -> ${nameOf(two)}\n`,
    );
  return `${renderFacts(facts)}${lines.join('')}`;
}

export function renderThresholds(
  rows: readonly { route: string; before: number | null; threshold: number }[],
  path: string,
): string {
  const columns = [
    { title: 'route' },
    { title: 'before', align: 'right' as const },
    { title: 'threshold', align: 'right' as const },
  ];
  const cells = rows.map(({ route, before, threshold }) => [
    printable(route),
    before === null ? '' : before.toFixed(2),
    threshold.toFixed(2),
  ]);
  return `${renderTable(columns, cells)}Written ${printable(path)}\n`;
}

export function renderReplay({ decisions, same, changed, skipped }: Replay): string {
  const head = `${same} of ${decisions} decisions are the same${skipped === 0 ? '' : `; ${skipped} were made by a person or by name`}.\n`;
  const lines = changed
    .slice(0, shownChanges)
    .map(
      ({ line, text, before, after, scoreBefore, scoreAfter }) =>
        `  line ${line}: ${printable(text)}\n    ${nameOf(before)} ${scoreBefore.toFixed(2)} -> ${nameOf(after)} ${scoreAfter.toFixed(2)}\n`,
    );
  const more =
    changed.length > shownChanges ? `  ${changed.length - shownChanges} more: --json.\n` : '';
  return `${head}${lines.join('')}${more}`;
}

function nameOf(route: string | null): string {
  return route === null ? 'none of these' : printable(route);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function intervalText({ value, low, high }: { value: number; low: number; high: number }): string {
  const shown = (share: number) => (share * 100).toFixed(1);
  return `${shown(value)} % (${shown(low)} to ${shown(high)})`;
}
