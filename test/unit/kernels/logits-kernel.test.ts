// That the kernel is compiled from the source beside it is checked with all others in scaled-delta-kernel.test.ts.
import { describe, expect, it } from 'vitest';
import { invariant } from '#src/errors/assert.ts';
import {
  createLogitsKernel,
  type LogitsKernel,
  type NotFinite,
  type RowSummary,
} from '#src/kernels/logits-kernel.ts';
import { valueAtRank } from '#src/kernels/value-at-rank.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';
import { disturbed, exactDivergence, exactLogSumExp, randomLogits } from '#test/helpers/random-logits.ts'; // prettier-ignore

function finite<Summary extends RowSummary>(summary: Summary | NotFinite): Summary {
  invariant(!('notFiniteAt' in summary), 'the row is finite');
  return summary;
}

const sizes = [1, 2, 63, 64, 65, 1_000, 32_001, 151_936];

describe('the kernel for logits', () => {
  it.each(sizes)('agrees with the definitions for a vocabulary of %i', (size) => {
    const kernel = createLogitsKernel(size);
    for (const spread of [0.01, 1, 5, 40]) {
      const base = randomLogits(size, size, spread);
      const subject = disturbed(base, 0.3, size + 1);
      kernel.row(0).set(base);
      kernel.row(1).set(subject);
      const summaries = [finite(kernel.summarize(0)), finite(kernel.summarize(1))] as const;
      [base, subject].forEach((row, slot) => {
        const summary = summaries[slot as 0 | 1];
        const maximum = row.reduce((most, value) => Math.max(most, value));
        expect(summary.maximum).toBe(maximum);
        expect(summary.top).toBe(row.indexOf(maximum));
        const sum = row.reduce((all, value) => all + Math.exp(value - maximum), 0);
        // Where a handful of tokens is all there is, the rounding of each exponential shows; in large sums it evens out.
        const bound = size < 1_000 ? 2e-7 : 1e-7;
        expect(Math.abs(summary.sum / sum - 1)).toBeLessThan(bound);
        expect(Math.abs(summary.logSumExp - exactLogSumExp(row))).toBeLessThan(bound);
      });
      const exact = exactDivergence(base, subject);
      const difference = Math.abs(kernel.divergence(...summaries) - exact);
      // Exponentials and differences of logits are F32, which large logits feel most.
      expect(difference).toBeLessThan(1e-6 * exact + 2e-7 + 2e-8 * spread);
    }
  });

  it('leaves out what llama-perplexity leaves out', () => {
    const kernel = createLogitsKernel(3);
    // ln p of the second is just above -16, of the third just below.
    kernel.row(0).set([0, -15.99, -16.01]);
    kernel.row(1).set([0, -20, 20]);
    const summaries = [finite(kernel.summarize(0)), finite(kernel.summarize(1))] as const;
    const exact = exactDivergence(kernel.row(0), kernel.row(1));
    expect(kernel.divergence(...summaries)).toBeCloseTo(exact, 6);
    expect(exact).toBeGreaterThan(19.9);
  });

  it('finds every value that is not finite, wherever it stands', () => {
    const kernel = createLogitsKernel(131);
    for (let token = 0; token < 131; token++) {
      for (const value of [NaN, Infinity, -Infinity]) {
        kernel.row(0).set(randomLogits(131, token));
        kernel.row(0)[token] = value;
        expect(kernel.summarize(0)).toEqual({ notFiniteAt: token });
        expect(kernel.split(0, 10)).toEqual({ notFiniteAt: token });
      }
    }
  });

  it.each([
    { size: 5, count: 2 },
    { size: 300, count: 256 },
    { size: 10_000, count: 400 },
    { size: 10_000, count: 10_000 },
  ])('splits off the $count most probable of $size tokens', ({ size, count }) => {
    const kernel = createLogitsKernel(size);
    // Rounded to halves: many equals, of which the smaller ids count.
    const row = randomLogits(size, 9).map((value) => Math.round(2 * value) / 2);
    kernel.row(0).set(row);
    const split = finite(kernel.split(0, count));
    const ranked = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number) || a - b);
    const expected = ranked.slice(0, count).sort((a, b) => a - b);
    expect([...split.topTokens]).toEqual(expected);
    expect(kernel.row(0)).toEqual(row);
    expect(Math.abs(split.logSumExp - exactLogSumExp(row))).toBeLessThan(2e-7);
    const tail = ranked.slice(count).reduce((sum, id) => sum + Math.exp(row[id] as number), 0);
    expect(split.tailMass).toBeCloseTo(tail / Math.exp(exactLogSumExp(row)), 7);
  });

  it('draws tokens of the tail in proportion to their probability, and never others', () => {
    const size = 200;
    const kernel = createLogitsKernel(size);
    const row = randomLogits(size, 4, 2);
    kernel.row(0).set(row);
    const { topTokens, tailMass, logSumExp } = finite(kernel.split(0, 20));
    const draws = 200_000;
    const uniforms = Float64Array.from({ length: draws }, (_, index) => (index + 0.5) / draws);
    const counts = new Float64Array(size);
    for (const token of kernel.sampleTail(uniforms)) counts[token] = (counts[token] as number) + 1;
    counts.forEach((count, token) => {
      const p = Math.exp((row[token] as number) - logSumExp) / tailMass;
      const expected = topTokens.includes(token) ? 0 : p * draws;
      // Evenly spaced numbers meet a token as often as its share says, within one.
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(1.5);
    });
    expect(kernel.sampleTail(Float64Array.of(0, 1 - 2 ** -53))).toHaveLength(2);
  });

  it('needs less than a millisecond for 150,000 logits', () => {
    const kernel: LogitsKernel = createLogitsKernel(150_000);
    kernel.row(1).set(randomLogits(150_000, 1));
    let best = Infinity;
    for (let round = 0; round < 60; round++) {
      const start = processorMilliseconds();
      kernel.summarize(1);
      best = Math.min(best, processorMilliseconds() - start);
    }
    // 0.17 ms measured; a plain loop takes 2 ms.
    expect(best).toBeLessThan(1);
  });

  it('selects ranks among equals', () => {
    const values = Float32Array.of(2, 7, 7, 1, 7, 3);
    const at = (rank: number) => valueAtRank(values.slice(), rank);
    expect([1, 2, 3, 4, 5, 6].map(at)).toEqual([7, 7, 7, 3, 2, 1]);
  });
});
