import { describe, expect, it } from 'vitest';
import { chooseForm, type FormPair } from '#src/evaluation/matrix/choose-form.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

const sizes = { adapters: 8, runTimeBytes: 5_000_000, mergedBytes: 32_000_000 };

/** Sixteen chunks that vary together, as real ones do. */
function chunks(mean: number): number[] {
  return Array.from({ length: 16 }, (_, index) => mean * (index % 2 === 0 ? 0.8 : 1.2));
}

function pairOn(title: string, runTime: readonly number[], merged: readonly number[]): FormPair {
  const { measurements } = buildQualityRun([
    { id: 'run-time', bytes: 1, kld: { [title]: [...runTime] } },
    { id: 'merged', bytes: 1, kld: { [title]: [...merged] } },
  ]);
  return { title, runTime: measurements[0]!, merged: measurements[1]! };
}

const alike = (title: string) => pairOn(title, chunks(0.02), chunks(0.02));
const mergedCloser = (title: string) => pairOn(title, chunks(0.04), chunks(0.02));
const runTimeCloser = (title: string) => pairOn(title, chunks(0.01), chunks(0.02));

describe('chooseForm', () => {
  it('names the form that is closer on the adapter’s own text', () => {
    expect(chooseForm(mergedCloser('Finance'), alike('General'), sizes)).toEqual({
      ship: 'merged',
      reason:
        'Merged is closer on Finance (KLD 0.0200 against 0.0400); on General there is no measurable difference.',
    });
    expect(chooseForm(runTimeCloser('Finance'), runTimeCloser('General'), sizes).ship).toBe(
      'run-time',
    );
  });

  it('tells when general text says the contrary, and goes by the own text', () => {
    const { ship, reason } = chooseForm(mergedCloser('Finance'), runTimeCloser('General'), sizes);
    expect(ship).toBe('merged');
    expect(reason).toContain('although run time is closer on General (KLD 0.0100 against 0.0200)');
  });

  it('goes by general text where the own text shows no difference', () => {
    const { ship, reason } = chooseForm(alike('Finance'), mergedCloser('General'), sizes);
    expect(ship).toBe('merged');
    expect(reason).toContain('No measurable difference on Finance');
  });

  it('names no winner where both intervals hold zero, and says what else decides', () => {
    expect(chooseForm(alike('Finance'), alike('General'), sizes)).toEqual({
      ship: 'either',
      reason:
        'No measurable difference on Finance and General: merged runs in any program (32.0 MB for all 8 adapters), run time shares one base (5.00 MB).',
    });
  });

  it('names no winner from a single chunk', () => {
    expect(chooseForm(pairOn('Finance', [0.5], [0.1]), undefined, sizes).ship).toBe('either');
  });
});
