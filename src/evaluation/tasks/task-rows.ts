// The tasks of a run as people read them: per task the unquantized model first, then each file with what it lost against it.
import type { Interval, TaskResult } from '#src/contract/quality/measurements.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { compareTasks, type TaskComparison } from './compare-tasks.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';

export interface TaskRow {
  readonly result: TaskResult;
  /** Undefined where the run does not know who was asked. */
  readonly subject: Subject | undefined;
  readonly label: string;
  readonly isReference: boolean;
  /** Right / asked. */
  readonly score: number;
  readonly interval: Interval;
  /** Against the unquantized model; undefined for itself, and where it was not asked. */
  readonly comparison: TaskComparison | undefined;
}

export function taskRows(run: Run): TaskRow[] {
  const tasks = [...new Set(run.tasks.map(({ task }) => task))];
  return tasks.flatMap((task) => {
    const results = run.tasks.filter((result) => result.task === task);
    const rows = results.map((result) => rowOf(result, results, run));
    return [...rows.filter((row) => row.isReference), ...rows.filter((row) => !row.isReference)];
  });
}

function rowOf(result: TaskResult, results: readonly TaskResult[], run: Run): TaskRow {
  const reference = run.references.find(({ id }) => id === result.subject);
  const own = run.subjects.find(({ id }) => id === result.subject);
  const isReference = own === undefined && reference !== undefined;
  const subject = own ?? reference;
  const base = results.find(({ subject: id }) => id === run.referenceOf[result.subject]);
  return {
    result,
    subject,
    label: subject?.label ?? result.subject,
    isReference,
    score: result.asked === 0 ? 0 : result.right / result.asked,
    interval: wilsonInterval(result.right, result.asked),
    comparison: isReference || base === undefined ? undefined : compareTasks(result, base),
  };
}

/** `53.4 % (45.0 to 61.7)`. */
export function scoreText({ score, interval: { low, high } }: TaskRow): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${percent(score)} % (${percent(low)} to ${percent(high)})`;
}

/** `−3.1 points, no difference (p = 0.21)`; undefined where there is nothing to compare. */
export function comparisonText({ comparison }: TaskRow): string | undefined {
  if (comparison === undefined) return undefined;
  const { difference, probability, verdict } = comparison;
  const sign = difference < 0 ? '−' : difference > 0 ? '+' : '';
  const points = `${sign}${Math.abs(100 * difference).toFixed(1)} points`;
  const p =
    probability < 0.001 ? 'p < 0.001' : `p = ${probability.toFixed(probability < 0.01 ? 3 : 2)}`;
  return `${points}, ${verdict} (${p})`;
}
