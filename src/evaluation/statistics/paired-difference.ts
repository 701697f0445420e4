// Two subjects compared on the same chunks: what differs from chunk to chunk cancels, so that small differences show.
import { invariant } from '#src/errors/assert.ts';
import type { Interval } from '#src/contract/quality/measurements.ts';
import { bootstrapInterval } from './block-bootstrap.ts';

export interface PairedDifference {
  /** Mean of left - right over chunks. */
  readonly difference: number;
  /** 95 % block bootstrap. Holds 0 where nothing can be told, as from a single chunk. */
  readonly interval: Interval;
  readonly chunks: number;
}

/** `left` and `right`: means of the same chunks in the same order. */
export function pairedDifference(
  left: readonly number[],
  right: readonly number[],
): PairedDifference {
  invariant(left.length === right.length, 'both sides have the same chunks');
  const differences = left.map((value, index) => value - (right[index] as number));
  const chunks = differences.length;
  const difference = chunks === 0 ? 0 : differences.reduce((sum, each) => sum + each, 0) / chunks;
  const size = Math.abs(difference);
  return {
    difference,
    interval: bootstrapInterval(differences) ?? { low: -size, high: size },
    chunks,
  };
}
