import { describe, expect, it } from 'vitest';
import { judge, type VerdictRequest } from '#electron/factory/allocate/verify-hybrid.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';

/** As much of a measurement as verdicts look at. */
function measured(klds: readonly number[]): Measurement[] {
  const value = klds.reduce((sum, kld) => sum + kld, 0) / klds.length;
  const measurement: Partial<Measurement> & Pick<Measurement, 'kld'> = {
    subject: 's',
    text: 't',
    chunks: { nll: [], nllBase: [], kld: [...klds], sameTop: [], deltaP: [], deltaPSquared: [] },
    kld: {
      mean: { value, error: 0.001 },
      interval: { low: 0, high: 1 },
      samplingError: 0,
      percentiles: {},
    },
  };
  return [measurement as Measurement];
}

const base = [0.1, 0.12, 0.08, 0.11, 0.09, 0.1, 0.13, 0.07];

function judged(hybridKlds: readonly number[], changes: Partial<VerdictRequest> = {}) {
  return judge({
    budget: { kind: 'level', level: 'Q4_K_M' },
    budgetBytes: 1000,
    level: 'Q4_K_M',
    stock: { bytes: 1000, measured: measured(base) },
    hybrid: { bytes: 999, measured: measured(hybridKlds) },
    ...changes,
  });
}

describe('judge', () => {
  it('keeps the hybrid where it is beyond doubt closer, the stock level where it is farther', () => {
    expect(judged(base.map((kld) => kld - 0.02))).toMatchObject({
      kept: 'hybrid',
      comparison: { verdict: 'closer' },
    });
    expect(judged(base.map((kld) => kld + 0.02))).toMatchObject({
      kept: 'stock',
      comparison: { verdict: 'farther' },
    });
  });

  it('keeps the stock level where nothing can be told', () => {
    const noisy = base.map((kld, index) => kld + (index % 2 === 0 ? 0.02 : -0.021));
    const { kept, reason } = judged(noisy);
    expect(kept).toBe('stock');
    expect(reason).toContain('cannot tell');
    expect(judged(base).kept).toBe('stock');
  });

  it('keeps the stock level where the text is too short to tell', () => {
    const few = base.slice(0, 7);
    const stock = { bytes: 1000, measured: measured(few) };
    const { kept, reason } = judged(few.map((kld) => kld - 0.02), { stock }); // prettier-ignore
    expect(kept).toBe('stock');
    expect(reason).toContain('7 chunks are too few');
  });

  it('keeps the hybrid where no stock level fits the budget, even if that one is closer', () => {
    const { kept, reason } = judged(
      base.map((kld) => kld + 0.02),
      { budgetBytes: 999 },
    );
    expect(kept).toBe('hybrid');
    expect(reason).toContain('no stock level fits 999 bytes');
  });

  it('takes the smaller file for a KLD, and says when none passes', () => {
    const budget = { kind: 'kld', kld: 0.11 } as const;
    const same = base.map((kld) => kld + 0.005);
    expect(judged(same, { budget }).kept).toBe('hybrid');
    const stock = { bytes: 900, measured: measured(base) };
    expect(judged(same, { budget, stock }).kept).toBe('stock');
    const missed = judged(same, { budget: { kind: 'kld', kld: 0.01 } });
    expect(missed.reason).toContain('it is above 0.01');
  });
});
