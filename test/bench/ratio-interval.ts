// How much more time one program takes than another, with what the noise of the machine leaves open: timings of the same
// program spread by more than the differences that are looked for.
import { mulberry32 } from '#src/random/mulberry32.ts';

export interface RatioInterval {
  /** statistic(measured) / statistic(reference): 1.03 is 3 % more. */
  readonly ratio: number;
  /** 95 % percentile bootstrap interval (Efron 1979) of that ratio. */
  readonly low: number;
  readonly high: number;
}

const resamples = 10_000;
const seed = 95;

/**
 * Rounds with the same index belong together and are drawn together, so that what disturbed both of them does not count
 * as a difference. Throws a RangeError without pairs.
 */
export function ratioInterval(
  measured: readonly number[],
  reference: readonly number[],
  statistic: (values: readonly number[]) => number = median,
): RatioInterval {
  const count = measured.length;
  if (count === 0 || reference.length !== count) throw new RangeError('Not pairs of rounds.');
  const random = mulberry32(seed);
  const ratios = Array.from({ length: resamples }, () => {
    const drawn = Array.from({ length: count }, () => Math.floor(random() * count));
    const of = (values: readonly number[]) => statistic(drawn.map((index) => values[index] ?? 0));
    return of(measured) / of(reference);
  }).sort((left, right) => left - right);
  const at = (share: number) => ratios[Math.round(share * (resamples - 1))] ?? Number.NaN;
  return { ratio: statistic(measured) / statistic(reference), low: at(0.025), high: at(0.975) };
}

/**
 * The median of the pairs' own ratios, with its 95 % interval: for short rounds in turn, where what slows the machine down
 * lasts longer than a pair. Throws a RangeError without pairs.
 */
export function pairedRatio(
  measured: readonly number[],
  reference: readonly number[],
): RatioInterval {
  if (reference.length !== measured.length) throw new RangeError('Not pairs of rounds.');
  const ratios = measured.map((value, index) => value / (reference[index] ?? Number.NaN));
  return ratioInterval(
    ratios,
    ratios.map(() => 1),
  );
}

/** The middle value; between the two in the middle when their count is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[Math.ceil(middle) - 1] ?? upper) + upper) / 2;
}

/**
 * A quarter of the values lie below it. Other programs only ever slow a round: the quicker rounds tell what a program
 * takes by itself, with less scatter than those in the middle.
 */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 4)] ?? Number.NaN;
}
