// The score of a task: the share of right answers, and how far it may be off.
import type { Estimate } from '#src/contract/quality/measurements.ts';

interface Counted {
  readonly right: number;
  readonly asked: number;
}

/**
 * Right / asked with its standard error √(p (1 − p) / n), where p is the share after one right and one wrong answer more
 * (Laplace): with none or all right, the plain formula would claim certainty.
 */
export function taskScore({ right, asked }: Counted): Estimate {
  const share = (right + 1) / (asked + 2);
  return {
    value: asked === 0 ? 0 : right / asked,
    error: asked === 0 ? 1 : Math.sqrt((share * (1 - share)) / asked),
  };
}
