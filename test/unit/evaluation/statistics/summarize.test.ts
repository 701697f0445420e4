import { describe, expect, it } from 'vitest';
import type { PositionScores } from '#src/evaluation/position-scores.ts';
import { percentilesOf } from '#src/evaluation/statistics/percentiles.ts';
import { summarize } from '#src/evaluation/statistics/summarize.ts';

function scores(
  nll: number[],
  nllBase: number[],
  kld: number[],
  sameTop: number[],
): PositionScores {
  return {
    nll: Float32Array.from(nll),
    nllBase: Float32Array.from(nllBase),
    kld: Float32Array.from(kld),
    sameTop: Uint8Array.from(sameTop),
    samplingVariance: new Float32Array(nll.length).fill(0.09),
  };
}

const repeated = (pattern: number[], times: number): number[] =>
  Array.from({ length: times }, () => pattern).flat();

describe('summing up scores', () => {
  // Twelve positions: nll 1 and 3 in turn, reference 0.5 and 1.5 in turn: E = 2 and 1, variances 1 and 0.25.
  const first = scores(repeated([1, 3], 3), repeated([0.5, 1.5], 3), repeated([0.1, 0.3], 3), [1, 1, 1, 1, 1, 0]); // prettier-ignore
  const second = scores(repeated([1, 3], 3), repeated([0.5, 1.5], 3), repeated([0.2, 0.4], 3), [1, 1, 0, 1, 1, 0]); // prettier-ignore
  const measurement = summarize({ subject: 'a', text: 't', chunks: [first, second] });

  it('gives perplexities and their ratio with the errors of llama-perplexity', () => {
    const error = Math.sqrt(1 / 11);
    expect(measurement.scoredTokens).toBe(12);
    expect(measurement.ppl.value).toBeCloseTo(Math.exp(2), 12);
    expect(measurement.ppl.error).toBeCloseTo(Math.exp(2) * error, 12);
    expect(measurement.pplBase.value).toBeCloseTo(Math.E, 12);
    expect(measurement.pplBase.error).toBeCloseTo((Math.E * error) / 2, 12);
    // Covariance 0.5 / 11: 1/11 + 0.25/11 - 2 * 0.5/11 = 0.25/11.
    expect(measurement.lnPplRatio.value).toBeCloseTo(1, 12);
    expect(measurement.lnPplRatio.error).toBeCloseTo(Math.sqrt(0.25 / 11), 12);
    expect(measurement.pplRatio.value).toBeCloseTo(Math.E, 12);
    expect(measurement.pplRatio.error).toBeCloseTo(Math.E * Math.sqrt(0.25 / 11), 12);
    expect(measurement.lnPplCorrelation).toBeCloseTo(1, 12);
  });

  it('gives the divergence with the error that sampling adds', () => {
    // Three each of 0.1, 0.3, 0.2, 0.4: mean 0.25, variance 0.0125.
    expect(measurement.kld.mean.value).toBeCloseTo(0.25, 7);
    expect(measurement.kld.mean.error).toBeCloseTo(Math.sqrt(0.0125 / 11), 7);
    // sqrt(12 * 0.09) / 12.
    expect(measurement.kld.samplingError).toBeCloseTo(Math.sqrt(1.08) / 12, 6);
    expect(measurement.chunks.kld[0]).toBeCloseTo(0.2, 7);
    expect(measurement.chunks.kld[1]).toBeCloseTo(0.3, 7);
    expect(measurement.kld.interval.low).toBeLessThan(0.2);
    expect(measurement.kld.interval.high).toBeGreaterThan(0.3);
  });

  it('gives changes of probability and the share of equal top tokens', () => {
    const [high, low] = [Math.exp(-1) - Math.exp(-0.5), Math.exp(-3) - Math.exp(-1.5)];
    const meanSquare = (high ** 2 + low ** 2) / 2;
    expect(measurement.deltaP.mean.value).toBeCloseTo((high + low) / 2, 7);
    expect(measurement.deltaP.mean.error).toBeCloseTo(Math.abs(high - low) / 2 / Math.sqrt(11), 7);
    expect(measurement.deltaP.rms.value).toBeCloseTo(Math.sqrt(meanSquare), 7);
    const error = Math.abs(high ** 2 - low ** 2) / 2 / Math.sqrt(11);
    expect(measurement.deltaP.rms.error).toBeCloseTo((0.5 / Math.sqrt(meanSquare)) * error, 7);
    expect(measurement.chunks.deltaPSquared[0]).toBeCloseTo(meanSquare, 7);
    expect(measurement.sameTop.value).toBe(0.75);
    expect(measurement.sameTop.error).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 11), 12);
    expect(measurement.chunks.sameTop).toEqual([5 / 6, 4 / 6]);
  });

  it('takes percentiles between neighbours', () => {
    // 0, 1, …, 1000 in disorder: a percentile is its own position.
    const values = Float32Array.from({ length: 1001 }, (_, index) => (index * 307) % 1001);
    const percentiles = percentilesOf(values);
    expect(percentiles).toMatchObject({ max: 1000, median: 500, min: 0 });
    expect(percentiles['99.9']).toBeCloseTo(999, 3);
    expect(percentiles['25']).toBeCloseTo(250, 3);
    expect(percentiles['0.1']).toBeCloseTo(1, 3);
    const few = percentilesOf(Float32Array.of(4, 1, 3, 2));
    expect(few).toMatchObject({ max: 4, median: 2.5, min: 1 });
    expect(few['75']).toBeCloseTo(3.25, 6);
    expect(percentilesOf(Float32Array.of(7))).toMatchObject({ max: 7, '99': 7, median: 7, min: 7 });
  });

  it('has no infinite or missing figure, even for one position', () => {
    const one = summarize({ subject: 'a', text: 't', chunks: [scores([2], [2], [0], [1])] });
    expect(JSON.stringify(one)).not.toContain('null');
    expect(one.deltaP.rms).toEqual({ value: 0, error: 0 });
    expect(one.sameTopInterval).toEqual({ low: 1, high: 1 });
  });
});
