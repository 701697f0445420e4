// A routing set from a manifest's own examples, where nobody wrote test prompts: every fifth is held out. By the hash of the
// text, so that an example stays on its side when others come and go; examples that share four words in a row stay together,
// so that nothing leaks from one side to the other.
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { normalizeText, stableHash } from '../stable-hash.ts';
import { sharedRuns } from './prompt-overlap.ts';

const parts = 5;

export interface SplitExamples {
  /** With four fifths of the examples. */
  readonly manifest: RouterManifest;
  /** With the last fifth as its test prompts. */
  readonly set: RoutingSet;
}

/** Splits the examples of routes and of the fallback. Deterministic. */
export function splitExamples(manifest: RouterManifest): SplitExamples {
  const none = manifest.fallback.examples ?? [];
  const held = heldOut([...manifest.routes.flatMap(({ examples }) => examples), ...none]);
  const isHeld = (text: string) => held.has(text);
  const isKept = (text: string) => !held.has(text);
  return {
    manifest: {
      ...manifest,
      routes: manifest.routes.map((route) => ({
        ...route,
        examples: route.examples.filter(isKept),
      })),
      fallback: { ...manifest.fallback, examples: none.filter(isKept) },
    },
    set: {
      version: 1,
      routes: Object.fromEntries(
        manifest.routes.map(({ id, examples }) => [
          id,
          { train: examples.filter(isKept), test: unique(examples.filter(isHeld)) },
        ]),
      ),
      offTopic: { train: none.filter(isKept), test: unique(none.filter(isHeld)) },
    },
  };
}

/** Texts of the groups whose hash falls into the last part; a group is what shared runs of words join. */
function heldOut(texts: readonly string[]): Set<string> {
  const leaders = texts.map((_, index) => index);
  const find = (index: number): number => {
    let leader = index;
    while (leaders[leader] !== leader) leader = leaders[leader] ?? leader;
    leaders[index] = leader;
    return leader;
  };
  const owners = new Map<string, number>();
  for (const [index, text] of texts.entries()) {
    for (const run of sharedRuns(text)) {
      const owner = owners.get(run);
      if (owner === undefined) owners.set(run, index);
      else leaders[find(index)] = find(owner);
    }
  }
  // A group is told by its smallest text, whatever the order of the examples is.
  const names = new Map<number, string>();
  for (const [index, text] of texts.entries()) {
    const name = normalizeText(text);
    const known = names.get(find(index));
    if (known === undefined || name < known) names.set(find(index), name);
  }
  return new Set(
    texts.filter((_, index) => stableHash(names.get(find(index)) ?? '') % parts === parts - 1),
  );
}

function unique(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => {
    const key = normalizeText(text);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
