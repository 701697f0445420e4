// Reduces a tensor's choices to those that can be best under some exchange rate of damage against bytes.

/** One type for one tensor. */
export interface Choice {
  readonly bytes: number;
  readonly damage: number;
}

/** Sorted by bytes; of two, the larger is always the better. Choices that cost more for no less damage are gone. */
export function paretoChoices<Item extends Choice>(choices: readonly Item[]): Item[] {
  const sorted = [...choices].sort(
    (left, right) => left.bytes - right.bytes || left.damage - right.damage,
  );
  const kept: Item[] = [];
  for (const choice of sorted) {
    const best = kept.at(-1);
    if (best === undefined || choice.damage < best.damage) kept.push(choice);
  }
  return kept;
}

/** The lower convex hull of `paretoChoices`: each further byte buys less than the byte before. */
export function lowerHull<Item extends Choice>(choices: readonly Item[]): Item[] {
  const hull: Item[] = [];
  for (const choice of paretoChoices(choices)) {
    while (hull.length >= 2 && slope(hull.at(-2)!, choice) <= slope(hull.at(-2)!, hull.at(-1)!)) {
      hull.pop();
    }
    hull.push(choice);
  }
  return hull;
}

/** Damage per byte, negative; the steeper the better. */
function slope(from: Choice, to: Choice): number {
  return (to.damage - from.damage) / (to.bytes - from.bytes);
}
