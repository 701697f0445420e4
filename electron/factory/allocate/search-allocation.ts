// The search for an allocation: predicted first, then judged by measured KLD on the probe texts, never on the held-out ones.
import {
  planAllocation,
  predictAllocation,
  type AllocationProblem,
} from '#src/allocation/plan-allocation.ts';
import type { GroupSensitivity } from '#src/allocation/sensitivity.ts';
import type { Allocation } from '#src/contract/quality/allocate.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { bootstrapMean, kldDifferences } from '#src/evaluation/ranking/paired-chunks.ts';

/** Writes an allocation's file, measures it on the probe texts, and removes it. */
export type MeasureAllocation = (
  allocation: Allocation,
  label: string,
) => Promise<readonly Measurement[]>;

export interface JudgedAllocation {
  readonly allocation: Allocation;
  readonly measured: readonly Measurement[];
}

export interface Moves {
  readonly tried: number;
  readonly kept: number;
}

/** How a move changes the weight of a group. */
const factors = [2, 0.5] as const;

/**
 * Makes one group matter more or less and allocates anew; kept where the paired difference on the probe texts says that it
 * is closer. At most `limit` files are measured.
 */
export async function improveByMoves(
  problem: AllocationProblem,
  budgetBytes: number,
  start: JudgedAllocation,
  { limit, measure }: { readonly limit: number; readonly measure: MeasureAllocation },
): Promise<JudgedAllocation & { readonly moves: Moves }> {
  let best = start;
  let groups: readonly GroupSensitivity[] = problem.groups;
  let tried = 0;
  let kept = 0;
  const seen = new Set([typesOf(start.allocation)]);
  for (let isBetter = true; isBetter && tried < limit;) {
    isBetter = false;
    for (const { group } of bySensitivity(best.allocation)) {
      for (const factor of factors) {
        if (tried >= limit) break;
        const changed = groups.map((each) =>
          each.group === group ? { ...each, sensitivity: each.sensitivity * factor } : each,
        );
        const allocation = planAllocation({ ...problem, groups: changed }, budgetBytes);
        if (allocation === undefined || seen.has(typesOf(allocation))) continue;
        seen.add(typesOf(allocation));
        tried++;
        const label = `move ${tried}: ${group} ${factor > 1 ? 'up' : 'down'}`;
        const measured = await measure(allocation, label);
        if (!isCloser(measured, best.measured)) continue;
        best = { allocation, measured };
        groups = changed;
        kept++;
        isBetter = true;
      }
    }
  }
  // Predictions stay those of the probes, whatever weights led here.
  const allocation = predictAllocation(problem, best.allocation);
  return { ...best, allocation, moves: { tried, kept } };
}

/** The largest share of the damage first. */
function bySensitivity({ groups, tensors }: Allocation): readonly { readonly group: string }[] {
  const damage = tensors.reduce((sum, tensor) => sum + tensor.damage, 0);
  return damage === 0
    ? groups
    : [...groups].sort((left, right) => right.sensitivity - left.sensitivity);
}

function typesOf({ tensors }: Allocation): string {
  return tensors.map(({ type }) => type).join(' ');
}

function isCloser(left: readonly Measurement[], right: readonly Measurement[]): boolean {
  const strata = kldDifferences(left, right);
  return strata.length > 0 && bootstrapMean(strata).interval.high < 0;
}

/** Attempts to come close to a KLD from below. */
const attempts = 6;
/** Near enough below the demanded KLD. */
const nearEnough = 0.93;

/**
 * The smallest allocation whose KLD on the probe texts is at most `kld`: the smallest that is predicted to be, corrected
 * by how predictions and measurements differ. Throws `allocate/budget` where even the largest types are farther.
 */
export async function searchByKld(
  problem: AllocationProblem,
  { smallestBytes, largestBytes }: { smallestBytes: number; largestBytes: number },
  kld: number,
  measure: MeasureAllocation,
): Promise<JudgedAllocation> {
  let best: JudgedAllocation | undefined;
  let target = kld;
  /** The largest size that failed, the smallest that passed. */
  let failed = smallestBytes - 1;
  let passed = largestBytes + 1;
  for (let attempt = 0; attempt < attempts && passed - failed > 0.002 * passed; attempt++) {
    const wanted = smallestFor(problem, Math.max(smallestBytes, failed + 1), largestBytes, target);
    const bytes = wanted < passed ? wanted : Math.floor((failed + passed) / 2);
    const allocation = planAllocation(problem, bytes);
    if (allocation === undefined) break;
    const measured = await measure(allocation, `attempt ${attempt + 1}`);
    const found = meanOf(measured);
    if (found <= kld) {
      best = { allocation, measured };
      passed = bytes;
      if (found > nearEnough * kld || bytes <= smallestBytes) break;
    } else {
      failed = bytes;
      if (bytes >= largestBytes) throw tooMuch(kld, found);
    }
    target = (0.97 * kld * allocation.predictedKld) / Math.max(found, 1e-9);
  }
  if (best !== undefined) return best;
  const allocation = planAllocation(problem, largestBytes);
  if (allocation === undefined) throw tooMuch(kld, Number.NaN);
  const measured = await measure(allocation, 'the largest types');
  if (meanOf(measured) > kld) throw tooMuch(kld, meanOf(measured));
  return { allocation, measured };
}

/** Times that the demand is tightened when the held-out text finds a hybrid too far. */
const tightenings = 3;

/**
 * The smallest allocation found whose KLD is at most `kld` on the probe texts and, looked at once per round, on the
 * held-out ones: where those are harder, the search is asked for less. The last one when none passes.
 */
export async function settleByKld(
  problem: AllocationProblem,
  sizes: { smallestBytes: number; largestBytes: number },
  kld: number,
  measure: { readonly probed: MeasureAllocation; readonly held: MeasureAllocation },
): Promise<Allocation> {
  let demanded = kld;
  for (let round = 1; ; round++) {
    const { allocation } = await searchByKld(problem, sizes, demanded, measure.probed);
    const found = meanOf(await measure.held(allocation, 'hybrid'));
    if (found <= kld || round > tightenings || allocation.bytes >= sizes.largestBytes) {
      return allocation;
    }
    demanded *= (0.95 * kld) / found;
  }
}

function tooMuch(kld: number, found: number): StudioError {
  return new StudioError(
    'allocate/budget',
    `A KLD of ${Number(kld.toPrecision(3))} cannot be reached: with everything in Q8_0 it is ${found.toPrecision(3)} on the probe texts.`,
    { hint: 'Allow more, or keep the unquantized model.', details: { kld, found } },
  );
}

/** Halves the stretch of sizes to the last tenth of a percent. */
function smallestFor(problem: AllocationProblem, least: number, most: number, kld: number): number {
  let low = least;
  let high = most;
  const passes = (bytes: number) =>
    (planAllocation(problem, bytes)?.predictedKld ?? Infinity) <= kld;
  if (passes(low)) return low;
  while (high - low > 0.001 * high) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}

export function meanOf(measurements: readonly Measurement[]): number {
  return (
    measurements.reduce((sum, { kld }) => sum + kld.mean.value, 0) /
    Math.max(1, measurements.length)
  );
}
