// A test prompt that shares four words in a row with a training prompt does not test: what was learned is asked again. Sets
// are refused for it, and examples that got into a manifest by hand are taken out of the count.
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import { normalizeText } from '../stable-hash.ts';

const sharedWords = 4;

export interface PromptOverlap {
  readonly test: string;
  readonly other: string;
  /** The four words. */
  readonly words: string;
}

/** Finds what a text shares with any of `others`; texts shorter than four words overlap only when they are the same. */
export function overlapFinder(
  others: readonly string[],
): (text: string) => PromptOverlap | undefined {
  const owners = new Map<string, string>();
  for (const other of others) {
    for (const run of sharedRuns(other)) if (!owners.has(run)) owners.set(run, other);
  }
  return (text) => {
    for (const run of sharedRuns(text)) {
      const other = owners.get(run);
      if (other !== undefined) return { test: text, other, words: run };
    }
    return undefined;
  };
}

/** Test prompts of a set that are not held out: against everything that is trained or calibrated on. */
export function findPromptOverlaps(set: RoutingSet): PromptOverlap[] {
  const routes = Object.values(set.routes);
  const find = overlapFinder([
    ...routes.flatMap(({ train, calibration }) => [...train, ...(calibration ?? [])]),
    ...(set.offTopic.train ?? []),
    ...(set.offTopic.calibration ?? []),
  ]);
  const tests = [...routes.flatMap(({ test }) => test), ...set.offTopic.test];
  return tests.flatMap((text) => find(text) ?? []);
}

/** Every run of four words of a text, or the whole of a shorter one. */
export function sharedRuns(text: string): string[] {
  const words = normalizeText(text).split(' ');
  if (words.length < sharedWords) return [`=${words.join(' ')}`];
  return words
    .slice(0, words.length - sharedWords + 1)
    .map((_, start) => words.slice(start, start + sharedWords).join(' '));
}
