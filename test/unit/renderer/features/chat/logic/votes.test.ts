import { describe, expect, it } from 'vitest';
import { blindOrder } from '#renderer/features/chat/logic/blind-order.ts';
import { candidateName } from '#renderer/features/chat/logic/column-name.ts';
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';
import { tallyLines } from '#renderer/features/chat/logic/tally.ts';

describe('the order of a blind round', () => {
  it('is told by its seed', () => {
    expect(blindOrder(6, 123)).toEqual(blindOrder(6, 123));
    expect([...blindOrder(6, 123)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('puts every column in every place equally often', () => {
    const counts = new Map<string, number>();
    const rounds = 6000;
    for (let seed = 0; seed < rounds; seed++) {
      const name = blindOrder(3, seed).join('');
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) {
      expect(Math.abs(count - rounds / 6)).toBeLessThan(150);
    }
  });
});

describe('the tally', () => {
  it("gives Wilson's interval", () => {
    // R: binom::binom.wilson(8, 10)
    const { low, high } = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4902, 4);
    expect(high).toBeCloseTo(0.9433, 4);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('sorts by the share won, counts ties as half, and leaves out models without votes', () => {
    const lines = tallyLines([
      { model: 'a', wins: 1, ties: 0, losses: 3 },
      { model: 'b', wins: 2, ties: 2, losses: 0 },
      { model: 'c', wins: 0, ties: 0, losses: 0 },
    ]);
    expect(lines.map(({ model, rate, votes }) => [model, rate, votes])).toEqual([
      ['b', 0.75, 4],
      ['a', 0.25, 4],
    ]);
  });

  it('tells the same model with other adapters apart', () => {
    const model = { path: 'm.gguf', name: 'm', adapters: [] };
    expect(candidateName(model)).toBe('m');
    expect(candidateName({ ...model, adapters: [{ bundled: 'conditions', scale: 1 }] })).toBe(
      'm + conditions ×1.0',
    );
  });
});
