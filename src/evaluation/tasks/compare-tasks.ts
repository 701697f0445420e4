// Two subjects on the same questions: only those that one of them answers and the other does not tell them apart.
import type { TaskResult } from '#src/contract/quality/measurements.ts';

export interface TaskComparison {
  /** Right of `left` and wrong of `right`, and the other way round. */
  readonly onlyLeft: number;
  readonly onlyRight: number;
  /** Share of right answers of `left` minus that of `right`. */
  readonly difference: number;
  /** Two-sided, of McNemar's exact test: how probable so uneven a split is if both are equally good. */
  readonly probability: number;
  readonly verdict: 'better' | 'worse' | 'no difference';
}

/** Below this a difference is named. */
const significance = 0.05;

/** Undefined where the outcomes of the questions are not known, or they are other questions. */
export function compareTasks(
  left: Pick<TaskResult, 'outcomes'>,
  right: Pick<TaskResult, 'outcomes'>,
): TaskComparison | undefined {
  const [one, two] = [left.outcomes, right.outcomes];
  if (one === undefined || two === undefined || one.length !== two.length) return undefined;
  if (one.length === 0) return undefined;
  let onlyLeft = 0;
  let onlyRight = 0;
  for (let index = 0; index < one.length; index++) {
    if (one[index] === two[index]) continue;
    if (one[index] === '1') onlyLeft++;
    else onlyRight++;
  }
  const probability = mcNemar(onlyLeft, onlyRight);
  const isClear = probability < significance;
  const verdict = !isClear ? 'no difference' : onlyLeft > onlyRight ? 'better' : 'worse';
  const difference = (onlyLeft - onlyRight) / one.length;
  return { onlyLeft, onlyRight, difference, probability, verdict };
}

/**
 * Both tails of the binomial distribution of `first + second` fair draws (Q. McNemar, 1947; exact, so that few questions do
 * not look like many).
 */
export function mcNemar(first: number, second: number): number {
  const count = first + second;
  const fewer = Math.min(first, second);
  // ln of count choose k, over 2^count, term after term: products would overflow.
  let term = -count * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= fewer; k++) {
    sum += Math.exp(term);
    term += Math.log((count - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}
