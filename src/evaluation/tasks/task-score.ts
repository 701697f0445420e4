// The score of a task: the share of right answers, and how far it may be off.
import type { Estimate, Interval } from '#src/contract/quality/measurements.ts';

interface Counted {
  readonly right: number;
  readonly asked: number;
}

/** 97.5 % quantile of the normal distribution. */
const normalQuantile = 1.959963984540054;

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

/** The 95 % interval of the share of right answers by E. B. Wilson (1927): honest for few questions, never beyond 0 and 1. */
export function wilsonInterval({ right, asked }: Counted): Interval {
  if (asked === 0) return { low: 0, high: 1 };
  const share = right / asked;
  const square = normalQuantile ** 2;
  const centre = share + square / (2 * asked);
  const half = normalQuantile * Math.sqrt((share * (1 - share) + square / (4 * asked)) / asked);
  const whole = 1 + square / asked;
  return {
    low: right === 0 ? 0 : (centre - half) / whole,
    high: right === asked ? 1 : (centre + half) / whole,
  };
}
