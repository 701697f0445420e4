// Which of two subjects is closer to the unquantized model, or that the measurement cannot tell.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Comparison } from '#src/contract/quality/ranking.ts';
import { bootstrapMean, kldDifferences } from './paired-chunks.ts';

/** What the run's measurements say of a subject. */
export interface MeasuredSubject {
  readonly id: string;
  readonly measurements: readonly Measurement[];
}

/**
 * `left` against `right` on what both were measured on. "No difference" where the 95 % interval of the paired difference
 * holds zero: no winner is named there. Undefined when they share no text with the same chunks.
 */
export function compareSubjects(
  left: MeasuredSubject,
  right: MeasuredSubject,
): Comparison | undefined {
  const strata = kldDifferences(left.measurements, right.measurements);
  if (strata.length === 0) return undefined;
  const { mean, interval } = bootstrapMean(strata);
  const verdict = interval.high < 0 ? 'closer' : interval.low > 0 ? 'farther' : 'no difference';
  return { left: left.id, right: right.id, difference: mean, interval: bounded(interval), verdict };
}

/** Infinity is no JSON: an interval that says nothing spans all numbers. */
function bounded({ low, high }: { low: number; high: number }): { low: number; high: number } {
  const limit = Number.MAX_VALUE;
  return { low: Math.max(low, -limit), high: Math.min(high, limit) };
}
