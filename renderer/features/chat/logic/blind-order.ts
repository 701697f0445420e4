// The order of a blind round: a seeded shuffle, so that a round can be told again from its seed and tested.
import { mulberry32 } from '#src/random/mulberry32.ts';

/** Fisher-Yates over 0 .. count - 1 with mulberry32; the same seed gives the same order. */
export function blindOrder(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  const random = mulberry32(seed);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
