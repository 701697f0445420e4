// What interrupted work left behind, in words: kinds, order and sums for the Clean up tab.
import type { Leftover } from '#src/contract/leftovers.ts';

export const leftoverWords: Readonly<Record<Leftover['kind'], { name: string; about: string }>> = {
  partial: { name: 'Unfinished output', about: 'A build would go on from it.' },
  rejected: { name: 'Rejected output', about: 'It failed its check.' },
  temporary: { name: 'Temporary files', about: 'Their process is gone.' },
  record: { name: 'Stale record', about: 'Of a file that is gone.' },
  log: { name: 'Old job', about: 'Its log and journal.' },
  cache: { name: 'Kept for speed', about: 'Made again when needed.' },
};

/** Largest first. */
export function sortLeftovers(leftovers: readonly Leftover[]): readonly Leftover[] {
  return [...leftovers].sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
}

/**
 * What is offered first: all that nobody can use again. What a build would go on from, and what is kept for speed, is left to
 * be chosen by hand.
 */
export function firstChoice(leftovers: readonly Leftover[]): ReadonlySet<string> {
  return new Set(
    leftovers.filter(({ kind }) => kind !== 'partial' && kind !== 'cache').map(({ path }) => path),
  );
}

export function bytesOf(leftovers: readonly Leftover[], chosen: ReadonlySet<string>): number {
  return leftovers.reduce((sum, { path, bytes }) => sum + (chosen.has(path) ? bytes : 0), 0);
}
