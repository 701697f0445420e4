// Two subjects compared on the same chunks. Tokens of one chunk are not independent, so chunks are resampled, each text's
// by themselves; both subjects share every resample, which takes most of the texts' own variation out of the difference.
import type { Interval, Measurement } from '#src/contract/quality/measurements.ts';
import { bootstrapStrata } from '../statistics/block-bootstrap.ts';

/** One text's values, one per chunk. */
export type ChunkValues = readonly number[];

/**
 * The mean of the texts' means (each text weighs the same, however long it is) with its 95 % interval by a block bootstrap
 * over chunks. One chunk alone tells nothing about its spread: the interval is unbounded.
 */
export function bootstrapMean(texts: readonly ChunkValues[]): { mean: number; interval: Interval } {
  const interval = bootstrapStrata(texts.map((values) => ({ values })));
  return {
    mean: average(texts.map(average)),
    interval: interval ?? { low: -Infinity, high: Infinity },
  };
}

/** Per text that both were measured on with the same chunks: KLD(left) − KLD(right), chunk by chunk. */
export function kldDifferences(
  left: readonly Measurement[],
  right: readonly Measurement[],
): ChunkValues[] {
  return left.flatMap((one) => {
    const other = right.find(
      ({ text, chunks }) => text === one.text && chunks.kld.length === one.chunks.kld.length,
    );
    return other === undefined
      ? []
      : [one.chunks.kld.map((value, chunk) => value - other.chunks.kld[chunk]!)];
  });
}

export function average(values: readonly number[]): number {
  return values.length === 0
    ? Number.NaN
    : values.reduce((sum, value) => sum + value, 0) / values.length;
}
