import { describe, expect, it } from 'vitest';
import { rankingSchema } from '#src/contract/quality/ranking.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';

/** Chunks that vary together, as real ones do: a hard chunk is hard for every level. */
function chunks(mean: number, own = 0.02, count = 24): number[] {
  const shared = mulberry32(7);
  const private_ = mulberry32(Math.round(mean * 1e6));
  return Array.from(
    { length: count },
    () => mean * (0.6 + 0.8 * shared()) * (1 - own / 2 + own * private_()),
  );
}

describe('rankRun', () => {
  const levels = buildQualityRun([
    { id: 'Q2_K', bytes: 2_000_000, kld: { general: chunks(0.4), finance: chunks(0.5) } },
    { id: 'Q4_K_M', bytes: 3_000_000, kld: { general: chunks(0.03), finance: chunks(0.04) } },
    { id: 'Q5_K_M', bytes: 3_500_000, kld: { general: chunks(0.01), finance: chunks(0.012) } },
    { id: 'Q8_0', bytes: 5_000_000, kld: { general: chunks(0.001), finance: chunks(0.001) } },
  ]);

  it('tells levels apart that differ beyond their chunks’ variation', () => {
    const { comparisons } = rankRun(levels);
    const pair = comparisons.find(({ left, right }) => left === 'Q4_K_M' && right === 'Q5_K_M');
    expect(pair?.verdict).toBe('farther');
    expect(pair?.interval.low).toBeGreaterThan(0);
  });

  it('weighs every text the same, however long it is', () => {
    const run = buildQualityRun([
      { id: 'Q4_K_M', bytes: 3, kld: { long: new Array(100).fill(0.1), short: [0.3, 0.3] } },
    ]);
    expect(rankRun(run).subjects[0]?.kld.value).toBeCloseTo(0.2, 12);
  });

  it('says "no difference" for the same file measured twice, and names it', () => {
    const kld = { general: chunks(0.03) };
    const run = buildQualityRun([
      { id: 'first', bytes: 3, kld, sha256: 'same' },
      { id: 'second', bytes: 3, kld, sha256: 'same' },
    ]);
    const { comparisons, remarks, subjects } = rankRun(run);
    expect(comparisons).toMatchObject([{ verdict: 'no difference', difference: 0 }]);
    expect(remarks).toEqual(['first and second are the same file.']);
    expect(subjects.every(({ onParetoLine }) => onParetoLine)).toBe(true);
  });

  it('names no winner where chunks vary more than the levels differ', () => {
    const noisy = (seed: number) => {
      const random = mulberry32(seed);
      return Array.from({ length: 20 }, () => 0.03 + 0.02 * (random() - 0.5));
    };
    const run = buildQualityRun([
      { id: 'Q4_K_S', bytes: 2, kld: { general: noisy(1) } },
      { id: 'Q4_K_M', bytes: 3, kld: { general: noisy(2) } },
    ]);
    expect(rankRun(run).comparisons[0]?.verdict).toBe('no difference');
  });

  it('cannot tell anything from one chunk', () => {
    const run = buildQualityRun([
      { id: 'Q2_K', bytes: 2, kld: { general: [0.5] } },
      { id: 'Q8_0', bytes: 5, kld: { general: [0.001] } },
    ]);
    const ranking = rankRun(run);
    expect(ranking.comparisons[0]?.verdict).toBe('no difference');
    expect(rankingSchema.parse(JSON.parse(JSON.stringify(ranking)))).toBeDefined();
  });

  it('flags a larger file that is measurably farther', () => {
    const run = buildQualityRun([
      { id: 'hybrid', bytes: 3_000_000, kld: { general: chunks(0.02) } },
      { id: 'Q4_K_M', bytes: 3_100_000, kld: { general: chunks(0.03) } },
    ]);
    const { subjects, remarks } = rankRun(run);
    expect(subjects.map(({ onParetoLine }) => onParetoLine)).toEqual([true, false]);
    expect(subjects[1]?.worseThanSmaller).toBe('hybrid');
    expect(remarks[0]).toMatch(/^Q4_K_M is larger than hybrid and measurably farther/);
  });

  it('compares only what was measured against the same reference', () => {
    const run = buildQualityRun([
      { id: 'merged', bytes: 3, kld: { general: chunks(0.02) }, reference: 'reference' },
      { id: 'plain', bytes: 3, kld: { general: chunks(0.03) }, reference: 'reference-2' },
    ]);
    expect(rankRun(run).comparisons).toEqual([]);
  });

  describe('recommends', () => {
    const of = (run: Parameters<typeof rankRun>[0], purpose: string) =>
      rankRun(run).recommendations.find((one) => one.purpose === purpose);

    it('the smallest level under each use case’s gate', () => {
      expect(of(levels, 'production')?.subject).toBe('Q4_K_M');
      expect(of(levels, 'quality-critical')?.subject).toBe('Q5_K_M');
      expect(of(levels, 'mobile')?.subject).toBe('Q2_K');
      expect(of(levels, 'development')?.subject).toBe('Q8_0');
    });

    it('the closest at the same size where it is measurably closer', () => {
      const run = buildQualityRun([
        { id: 'hybrid', bytes: 3_000_000, kld: { general: chunks(0.02) } },
        { id: 'Q4_K_M', bytes: 3_000_000, kld: { general: chunks(0.03) } },
      ]);
      expect(of(run, 'production')?.subject).toBe('hybrid');
    });

    it('the closest with the reason when nothing passes', () => {
      const run = buildQualityRun([
        { id: 'Q2_K', bytes: 2_000_000, kld: { general: chunks(0.8) } },
        { id: 'Q3_K_S', bytes: 2_500_000, kld: { general: chunks(0.6) } },
      ]);
      const { subject, reason } = of(run, 'production') ?? {};
      expect(subject).toBe('Q3_K_S');
      expect(reason).toMatch(/^None stays below 0.05; the closest is Q3_K_S/);
    });

    it('per machine by measured memory, only where the answer changes', () => {
      const run = buildQualityRun([
        { id: 'Q4_K_M', bytes: 5e9, kld: { general: chunks(0.03) }, peakRamBytes: 5.5e9 },
        { id: 'Q8_0', bytes: 9e9, kld: { general: chunks(0.001) }, peakRamBytes: 9.7e9 },
      ]);
      const machines = rankRun(run).recommendations.filter(({ purpose }) =>
        purpose.startsWith('fits'),
      );
      expect(machines.map(({ purpose, subject }) => [purpose, subject])).toEqual([
        ['fits 6 GB', 'Q4_K_M'],
        ['fits 12 GB', 'Q8_0'],
      ]);
    });
  });
});
