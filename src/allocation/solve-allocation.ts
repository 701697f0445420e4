// The knapsack of allocation: one type per tensor, least damage in all, at most so many bytes. Convex hulls and a bisection
// on the price of a byte come within a tensor of the optimum; greedy upgrades and swaps use the bytes that are left; then
// a bounded search over what could still be better closes the gap, and proves it closed on small models.
import { lowerHull, paretoChoices, type Choice } from './convex-hull.ts';

/** A tensor with the types that it may get. */
export interface Allocatable<Item extends Choice = Choice> {
  readonly name: string;
  /** At least one. */
  readonly choices: readonly Item[];
}

export interface Solution<Item extends Choice = Choice> {
  /** One per tensor, in their order. */
  readonly chosen: readonly Item[];
  readonly bytes: number;
  readonly damage: number;
  /** True when no choice can be better: the search ended by itself. */
  readonly isOptimal: boolean;
}

/** Steps of the final search; a second at most. */
const searchSteps = 2_000_000;
/** Pairs of changes that exchanges look at, in all; a few seconds for models of thousands of tensors. */
const exchangePairs = 400_000_000;
const bisections = 100;

/** Undefined when even the smallest choices take more than `budget` bytes. */
export function solveAllocation<Item extends Choice>(
  tensors: readonly Allocatable<Item>[],
  budget: number,
): Solution<Item> | undefined {
  const options = tensors.map(({ choices }) => paretoChoices(choices));
  const hulls = tensors.map(({ choices }) => lowerHull(choices));
  const smallest = hulls.map((hull) => hull[0]!);
  if (bytesOf(smallest) > budget) return undefined;
  const largest = options.map((list) => list.at(-1)!);
  if (bytesOf(largest) <= budget) return solutionOf(largest, true);
  const price = priceFor(hulls, budget);
  const chosen = hulls.map((hull) => cheapest(hull, price));
  if (bytesOf(chosen) > budget) chosen.splice(0, chosen.length, ...smallest);
  improve(chosen, options, budget);
  const isOptimal = search(chosen, options, budget, price);
  return solutionOf(chosen, isOptimal);
}

function solutionOf<Item extends Choice>(chosen: readonly Item[], isOptimal: boolean) {
  return { chosen, bytes: bytesOf(chosen), damage: damageOf(chosen), isOptimal };
}

export function bytesOf(chosen: readonly Choice[]): number {
  return chosen.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function damageOf(chosen: readonly Choice[]): number {
  return chosen.reduce((sum, { damage }) => sum + damage, 0);
}

/** The lowest price of a byte at which everyone's best choice fits the budget. */
function priceFor(hulls: readonly (readonly Choice[])[], budget: number): number {
  const fits = (price: number) => bytesOf(hulls.map((hull) => cheapest(hull, price))) <= budget;
  let high = 1e-12;
  while (!fits(high) && high < 1e300) high *= 4;
  let low = 0;
  for (let step = 0; step < bisections; step++) {
    const middle = low === 0 ? high / 4 : Math.sqrt(low * high);
    if (fits(middle)) high = middle;
    else low = middle;
    if (low > 0 && high / low < 1 + 1e-12) break;
  }
  return high;
}

/** Least damage + price × bytes; of equals the smaller. */
function cheapest<Item extends Choice>(choices: readonly Item[], price: number): Item {
  let best = choices[0]!;
  let bestCost = Infinity;
  for (const choice of choices) {
    const cost = choice.damage + price * choice.bytes;
    if (cost < bestCost) [best, bestCost] = [choice, cost];
  }
  return best;
}

/** Upgrades that fit, best per byte first, then exchanges between two tensors; until neither helps. */
function improve<Item extends Choice>(
  chosen: Item[],
  options: readonly (readonly Item[])[],
  budget: number,
): void {
  const changes = options.reduce((sum, list) => sum + list.length, 0);
  const rounds = Math.ceil(exchangePairs / Math.max(1, changes * changes));
  for (let swaps = 0; swaps < rounds;) {
    if (upgrade(chosen, options, budget)) continue;
    if (!swap(chosen, options, budget)) return;
    swaps++;
  }
}

function upgrade<Item extends Choice>(
  chosen: Item[],
  options: readonly (readonly Item[])[],
  budget: number,
): boolean {
  const left = budget - bytesOf(chosen);
  let best: { index: number; choice: Item; gain: number } | undefined;
  chosen.forEach((current, index) => {
    for (const choice of options[index]!) {
      const more = choice.bytes - current.bytes;
      if (choice.damage >= current.damage || more > left) continue;
      const gain = more <= 0 ? Infinity : (current.damage - choice.damage) / more;
      if (best === undefined || gain > best.gain) best = { index, choice, gain };
    }
  });
  if (best === undefined) return false;
  chosen[best.index] = best.choice;
  return true;
}

/** The best single exchange: one tensor gives bytes up, another uses them. */
function swap<Item extends Choice>(
  chosen: Item[],
  options: readonly (readonly Item[])[],
  budget: number,
): boolean {
  const left = budget - bytesOf(chosen);
  const gains = chosen.flatMap((current, index) =>
    options[index]!.filter(({ damage }) => damage < current.damage).map((choice) => ({
      index,
      choice,
      more: choice.bytes - current.bytes,
      gain: current.damage - choice.damage,
    })),
  );
  let best: { readonly changes: readonly (readonly [number, Item])[]; net: number } | undefined;
  chosen.forEach((current, index) => {
    for (const choice of options[index]!) {
      const loss = choice.damage - current.damage;
      if (loss < 0) continue;
      const freed = current.bytes - choice.bytes + left;
      for (const other of gains) {
        if (other.index === index || other.more > freed) continue;
        const net = other.gain - loss;
        if (net <= (best?.net ?? 1e-15 * Math.abs(current.damage))) continue;
        best = {
          changes: [
            [index, choice],
            [other.index, other.choice],
          ],
          net,
        };
      }
    }
  });
  if (best === undefined) return false;
  for (const [index, choice] of best.changes) chosen[index] = choice;
  return true;
}

interface Reduced<Item> {
  readonly choice: Item;
  /** What it costs above the tensor's cheapest choice at the price. */
  readonly extra: number;
}

/**
 * Depth-first search with the Lagrangian bound: total damage is bound + Σ extra + price × bytes left over, so whatever
 * exceeds the best gap so far is cut. Changes `chosen` to the best found; true when it went to the end.
 */
function search<Item extends Choice>(
  chosen: Item[],
  options: readonly (readonly Item[])[],
  budget: number,
  price: number,
): boolean {
  const base = options.map((list) => {
    const best = cheapest(list, price);
    return best.damage + price * best.bytes;
  });
  const bound = base.reduce((sum, cost) => sum + cost, 0) - price * budget;
  let gap = damageOf(chosen) - bound;
  // Tensors with the largest differences first: they cut most.
  const order = options.map((_, index) => index);
  const reduced = options.map((list, index) =>
    list
      .map((choice): Reduced<Item> => ({
        choice,
        extra: Math.max(0, choice.damage + price * choice.bytes - base[index]!),
      }))
      .filter(({ extra }) => extra < gap)
      .sort((left, right) => left.extra - right.extra),
  );
  const spread = (index: number) => reduced[index]![1]?.extra ?? Infinity;
  order.sort((left, right) => spread(right) - spread(left));
  const least = suffixSums(order, reduced, Math.min);
  const most = suffixSums(order, reduced, Math.max);
  const current = [...chosen];
  const tolerance = 1e-12 * Math.max(1e-300, Math.abs(damageOf(chosen)));
  let steps = 0;
  const visit = (depth: number, bytes: number, extra: number): void => {
    if (steps++ >= searchSteps) return;
    if (bytes + least[depth]! > budget) return;
    // Bytes that can no longer be used cost their price.
    const unused = Math.max(0, budget - bytes - most[depth]!);
    if (extra + price * unused >= gap - tolerance) return;
    if (depth === order.length) {
      gap = extra + price * (budget - bytes);
      chosen.splice(0, chosen.length, ...current);
      return;
    }
    const index = order[depth]!;
    for (const option of reduced[index]!) {
      if (extra + option.extra >= gap - tolerance) return;
      current[index] = option.choice;
      visit(depth + 1, bytes + option.choice.bytes, extra + option.extra);
    }
  };
  visit(0, 0, 0);
  return steps <= searchSteps;
}

function suffixSums<Item extends Choice>(
  order: readonly number[],
  reduced: readonly (readonly Reduced<Item>[])[],
  pick: (...values: number[]) => number,
): number[] {
  const sums = new Array<number>(order.length + 1).fill(0);
  for (let depth = order.length - 1; depth >= 0; depth--) {
    const bytes = reduced[order[depth]!]!.map(({ choice }) => choice.bytes);
    sums[depth] = sums[depth + 1]! + pick(...bytes);
  }
  return sums;
}
