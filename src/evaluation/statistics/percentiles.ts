// Percentiles as tools/perplexity takes them: between neighbours by the straight line, the position worked out in F32.
import type { Percentiles } from '#src/contract/quality/measurements.ts';

const fractions: readonly (readonly [name: string, fraction: number])[] = [
  ['99.9', 0.999],
  ['99', 0.99],
  ['95', 0.95],
  ['90', 0.9],
  ['75', 0.75],
  ['25', 0.25],
  ['10', 0.1],
  ['5', 0.05],
  ['1', 0.01],
  ['0.1', 0.001],
];

/** The percentiles of a measurement from at least one value, by the names of `percentilesSchema`. */
export function percentilesOf(values: Float32Array): Percentiles {
  const sorted = values.slice().sort();
  const at = (index: number) => sorted[Math.min(Math.max(index, 0), sorted.length - 1)] as number;
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 0 ? (at(half) + at(half - 1)) / 2 : at(half);
  const between = (fraction: number): number => {
    const position = Math.fround(Math.fround(fraction) * (sorted.length - 1));
    const index = Math.floor(position);
    const part = position - index;
    return (1 - part) * at(index) + part * at(index + 1);
  };
  return {
    max: at(sorted.length - 1),
    ...Object.fromEntries(fractions.map(([name, fraction]) => [name, between(fraction)])),
    median,
    min: at(0),
  };
}
