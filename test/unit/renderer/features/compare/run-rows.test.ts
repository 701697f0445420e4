import { describe, expect, it } from 'vitest';
import { clearBest, rowsOf } from '#renderer/features/compare/run-rows.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

const chunks = (mean: number) => [0.9, 1.1, 1, 0.95, 1.05, 1.02, 0.98, 1].map((by) => by * mean);

describe('rows of a run', () => {
  const run = buildQualityRun([
    { id: 'Q8_0', bytes: 8, kld: { prose: chunks(0.001), code: chunks(0.003) } },
    { id: 'Q4_K_M', bytes: 4, kld: { prose: chunks(0.02), code: chunks(0.04) } },
  ]);

  it('weigh every text the same', () => {
    const [first] = rowsOf(run);
    expect(first?.figures.kld?.value).toBeCloseTo(0.002);
    expect(first?.texts).toBe(2);
  });

  it('tell one text alone when asked', () => {
    const [first, second] = rowsOf(run, 'code');
    expect(first?.figures.kld?.value).toBeCloseTo(0.003);
    expect(second?.figures.kld?.value).toBeCloseTo(0.04);
  });

  it('have no figure for what was not measured', () => {
    const [first] = rowsOf(run, 'missing');
    expect(first?.figures.kld).toBeUndefined();
    expect(first?.figures.generation).toBeUndefined();
  });

  it('name the best only where no interval reaches it', () => {
    expect(clearBest(rowsOf(run), 'kld')).toBe('Q8_0');
    const twice = buildQualityRun([
      { id: 'one', bytes: 4, kld: { prose: chunks(0.02) } },
      { id: 'two', bytes: 4, kld: { prose: chunks(0.0201) } },
    ]);
    expect(clearBest(rowsOf(twice), 'kld')).toBeUndefined();
  });
});
