import { describe, expect, it } from 'vitest';
import { firstScored, planBatches, scoredPerChunk } from '#src/evaluation/chunk-plan.ts';

/** Positions whose rows count, as the batches say. */
function scoredPositions(contextSize: number): number[] {
  return planBatches(contextSize).flatMap(({ start, firstOutput, scored }) =>
    Array.from({ length: scored }, (_, index) => start + firstOutput + index),
  );
}

describe('planBatches', () => {
  it.each([16, 63, 64, 256, 511, 512, 513, 514, 1024, 1100, 2048, 4097])(
    'scores positions n/2 to n-2 of %i, each once and in order',
    (contextSize) => {
      const expected = Array.from(
        { length: contextSize - 1 - Math.floor(contextSize / 2) },
        (_, index) => Math.floor(contextSize / 2) + index,
      );
      expect(scoredPositions(contextSize)).toEqual(expected);
      expect(scoredPerChunk(contextSize)).toBe(expected.length);
      expect(firstScored(contextSize)).toBe(expected[0]);
    },
  );

  it('decodes every token up to the last scored one, at most 512 at once', () => {
    for (const contextSize of [16, 512, 513, 1100, 2048]) {
      const batches = planBatches(contextSize);
      let next = 0;
      for (const { start, count, firstOutput } of batches) {
        expect(start).toBe(next);
        expect(count).toBeLessThanOrEqual(512);
        expect(firstOutput).toBeLessThanOrEqual(count);
        next = start + count;
      }
      expect(next).toBeGreaterThanOrEqual(contextSize - 1);
    }
  });

  it('asks for no logits where none counts', () => {
    const [first, second] = planBatches(1024);
    expect(first).toEqual({ start: 0, count: 512, firstOutput: 512, scored: 0 });
    expect(second).toEqual({ start: 512, count: 512, firstOutput: 0, scored: 511 });
  });
});
