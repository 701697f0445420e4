// Which suites an allocation reads when nobody names any: some for the search, others for the proof, none for both.
import type { FoundSuite } from '#src/contract/quality/suites.ts';

/** Of the built-in suites, in this order: they share no line with each other, nor with the embedded calibration texts. */
const forProof = ['general', 'code', 'conditions', 'science'];
const forSearch = ['language', 'sea_stories', 'organizations'];

export interface AllocationSuites {
  /** Ids of suites that the search reads. */
  readonly search: readonly string[];
  /** Ids of suites that are held out for the proof. */
  readonly proof: readonly string[];
}

/** What is chosen already; a kind that is undefined is filled. */
export interface ChosenSuites {
  readonly search?: readonly string[] | undefined;
  readonly proof?: readonly string[] | undefined;
}

/**
 * Fills what was not chosen with suites that can be read and that the other kind does not have: the built-in choice, else
 * whatever is left. A kind is empty where nothing is.
 */
export function allocationSuites(
  suites: readonly FoundSuite[],
  chosen: ChosenSuites = {},
): AllocationSuites {
  const usable = suites
    .filter(({ kind, problem }) => kind !== 'tasks' && problem === undefined)
    .map(({ id }) => id);
  const proof = chosen.proof ?? pick(usable, forProof, [...(chosen.search ?? []), ...forSearch]);
  const search = chosen.search ?? pick(usable, forSearch, proof);
  return { search, proof };
}

/** Preferred ones, else the first that is left; what is taken is left to the other kind. */
function pick(
  usable: readonly string[],
  preferred: readonly string[],
  taken: readonly string[],
): readonly string[] {
  const free = usable.filter((id) => !taken.includes(id));
  const found = preferred.filter((id) => free.includes(id));
  return found.length > 0 ? found : free.slice(0, 1);
}
