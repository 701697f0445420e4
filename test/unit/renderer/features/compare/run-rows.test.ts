import { describe, expect, it } from 'vitest';
import { compareRuns } from '#renderer/features/compare/compare-runs.ts';
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

describe('two runs', () => {
  const run = (kld: number, sha256 = 'bytes') =>
    buildQualityRun([{ id: 'Q4_K_M', bytes: 4, sha256, kld: { prose: chunks(kld) } }]);

  it('of the same file and text have no difference', () => {
    const { rows, differing } = compareRuns(run(0.02), run(0.02));
    expect(rows).toMatchObject([{ verdict: 'no difference', paired: true, sameFile: true }]);
    expect(differing).toEqual([]);
  });

  it('tell which one is closer, paired over the chunks that both have', () => {
    const { rows } = compareRuns(run(0.02, 'old'), run(0.0205, 'new'));
    // The two intervals overlap; the chunks' own differences do not.
    expect(rows).toMatchObject([{ verdict: 'closer', paired: true, sameFile: false }]);
    expect(rows[0]?.kld?.value).toBeCloseTo(-0.0005);
  });

  it('are not paired where the texts differ, and list what only one has', () => {
    const other = buildQualityRun([
      { id: 'Q4_K_M', bytes: 4, kld: { code: chunks(0.0205) } },
      { id: 'Q2_K', bytes: 2, kld: { code: chunks(0.2) } },
    ]);
    const { rows, sharedTexts, differing } = compareRuns(run(0.02), other);
    expect(sharedTexts).toEqual([]);
    expect(rows).toMatchObject([
      { label: 'Q4_K_M', verdict: 'no difference', paired: false },
      { label: 'Q2_K', verdict: undefined },
    ]);
    expect(differing.map(({ name }) => name)).toEqual(['texts']);
  });
});
