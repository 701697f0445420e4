import { describe, expect, it } from 'vitest';
import { compareRuns } from '#src/evaluation/report/compare-runs.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

const spread = (mean: number) =>
  Array.from({ length: 10 }, (_, chunk) => mean * (0.95 + chunk / 100));
const subject = (id: string, kld: readonly number[], sha256 = id) => ({ id, bytes: 2e6, sha256, kld: { general: kld } }); // prettier-ignore

describe('compareRuns', () => {
  it('finds no difference between a run and itself', () => {
    const run = buildQualityRun([subject('Q2_K', spread(0.3)), subject('Q8_0', spread(0.001))]);
    const { conditions, subjects, sharedTexts } = compareRuns(run, run);
    expect(conditions).toEqual([]);
    expect(sharedTexts).toEqual(['general']);
    for (const one of subjects) {
      expect(one).toMatchObject({ verdict: 'no difference', sameFile: true, isPaired: true });
    }
  });

  it('pairs a file that was made anew by its name, and tells which is closer', () => {
    const before = buildQualityRun([subject('Q2_K', spread(0.3), 'old')]);
    const after = buildQualityRun([subject('Q2_K', spread(0.2), 'new'), subject('Q6_K', spread(0.01))]); // prettier-ignore
    const { subjects } = compareRuns(before, after);
    expect(subjects).toHaveLength(2);
    expect(subjects[0]).toMatchObject({ sameFile: false, isPaired: true, verdict: 'farther' });
    expect(subjects[0]?.difference).toBeCloseTo(0.1, 2);
    expect(subjects[1]).toMatchObject({ label: 'Q6_K', left: undefined, verdict: undefined });
  });

  it('says which conditions differ, and does not pair then', () => {
    const run = buildQualityRun([subject('Q2_K', spread(0.3))]);
    const wider = { ...run, conditions: { ...run.conditions, contextSize: 512 } };
    const { conditions, subjects } = compareRuns(run, wider);
    expect(conditions.map(({ name }) => name)).toEqual(['Context']);
    expect(subjects[0]).toMatchObject({ isPaired: false, verdict: 'no difference' });
    const harder = buildQualityRun([subject('Q2_K', spread(0.6))]);
    const elsewhere = { ...harder, conditions: wider.conditions };
    // The same bytes: whatever the figures are, the file is not worse.
    expect(compareRuns(run, elsewhere).subjects[0]).toMatchObject({ verdict: 'other conditions' });
    const otherText = { ...run, texts: run.texts.map((one) => ({ ...one, sha256: 'other' })) };
    const apart = compareRuns(run, otherText);
    expect(apart.subjects[0]).toMatchObject({ isPaired: false });
    expect(apart.sharedTexts).toEqual([]);
  });

  it('tells runs apart by their shared chunks where their intervals overlap', () => {
    const before = buildQualityRun([subject('Q2_K', spread(0.02), 'old')]);
    const after = buildQualityRun([subject('Q2_K', spread(0.0202), 'new')]);
    expect(compareRuns(before, after).subjects[0]).toMatchObject({ verdict: 'closer' });
  });
});
