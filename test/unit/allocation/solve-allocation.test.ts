import { describe, expect, it } from 'vitest';
import { lowerHull, paretoChoices, type Choice } from '#src/allocation/convex-hull.ts';
import { bytesOf, damageOf, solveAllocation } from '#src/allocation/solve-allocation.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';

/** The least damage of all combinations that fit. */
function bruteForce(tensors: readonly (readonly Choice[])[], budget: number): number {
  if (budget < 0) return Infinity;
  const [first, ...rest] = tensors;
  if (first === undefined) return 0;
  return Math.min(...first.map(({ bytes, damage }) => damage + bruteForce(rest, budget - bytes)));
}

function randomTensors(random: () => number, tensors: number, choices: number): Choice[][] {
  return Array.from({ length: tensors }, () => {
    const size = 1 + 20 * random();
    return Array.from({ length: choices }, (_, index) => ({
      bytes: Math.ceil(size * (2 + index + 0.5 * random())),
      damage: size * random() * 4 ** -index,
    }));
  });
}

const named = (tensors: readonly (readonly Choice[])[]) =>
  tensors.map((choices, index) => ({ name: `t${index}`, choices }));

describe('solveAllocation', () => {
  it('finds what trying every combination finds, and never exceeds the budget', () => {
    const random = mulberry32(7);
    for (let round = 0; round < 150; round++) {
      const tensors = randomTensors(random, 2 + Math.floor(4 * random()), 4);
      const least = tensors.reduce((sum, list) => sum + Math.min(...list.map((c) => c.bytes)), 0);
      const most = tensors.reduce((sum, list) => sum + Math.max(...list.map((c) => c.bytes)), 0);
      const budget = Math.floor(least + random() * (most - least));
      const solution = solveAllocation(named(tensors), budget);
      expect(solution?.isOptimal).toBe(true);
      expect(solution?.bytes).toBeLessThanOrEqual(budget);
      expect(solution?.damage).toBeCloseTo(bruteForce(tensors, budget), 9);
    }
  });

  it('stays within the budget and at the bound for hundreds of tensors', () => {
    const tensors = randomTensors(mulberry32(3), 400, 7);
    const all = tensors.map((list) => list.at(-1)!);
    const budget = Math.floor(0.6 * bytesOf(all));
    const solution = solveAllocation(named(tensors), budget)!;
    expect(solution.bytes).toBeLessThanOrEqual(budget);
    expect(solution.bytes).toBeGreaterThan(0.999 * budget);
    expect(solution.damage).toBeCloseTo(damageOf(solution.chosen), 9);
    // No price of a byte proves that more could be gained than a hundredth.
    const bound = Math.max(
      ...Array.from({ length: 400 }, (_, step) => {
        const price = 1e-8 * 1.06 ** step;
        const cost = (list: readonly Choice[]) =>
          Math.min(...list.map(({ bytes, damage }) => damage + price * bytes));
        return tensors.reduce((sum, list) => sum + cost(list), 0) - price * budget;
      }),
    );
    expect(solution.damage).toBeLessThan(1.01 * bound);
  });

  it('has no answer below the smallest choices, and the best ones where all fit', () => {
    const tensors = randomTensors(mulberry32(5), 5, 3);
    const smallest = bytesOf(tensors.map((list) => lowerHull(list)[0]!));
    expect(solveAllocation(named(tensors), smallest - 1)).toBeUndefined();
    expect(solveAllocation(named(tensors), smallest)?.bytes).toBe(smallest);
    const best = tensors.map((list) => Math.min(...list.map(({ damage }) => damage)));
    expect(solveAllocation(named(tensors), 1e9)?.damage).toBeCloseTo(
      best.reduce((sum, damage) => sum + damage, 0),
      9,
    );
  });
});

describe('lowerHull', () => {
  it('drops choices that cost more for no gain, and those above the line between their neighbours', () => {
    const choices = [
      { bytes: 4, damage: 1 },
      { bytes: 1, damage: 10 },
      { bytes: 2, damage: 9 },
      { bytes: 3, damage: 12 },
      { bytes: 8, damage: 0.5 },
    ];
    expect(paretoChoices(choices).map(({ bytes }) => bytes)).toEqual([1, 2, 4, 8]);
    expect(lowerHull(choices).map(({ bytes }) => bytes)).toEqual([1, 4, 8]);
  });
});
