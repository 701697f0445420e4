// A decision in words: who takes the text, what answers, and the lines that tell why.
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { parentNames, shortOf } from './route-names.ts';

export interface DecidedPath {
  /** `conditions`, `none of these`. */
  readonly route: string;
  readonly parent: string;
  readonly level: string | undefined;
  readonly adapter: string | undefined;
}

export function pathOf(
  { route, target }: Pick<Decision, 'route' | 'target'>,
  manifest: RouterManifest | undefined,
  names: ReadonlyMap<string, string> = new Map(),
): DecidedPath {
  const parent = manifest?.parents.find(({ id }) => id === target.parent);
  return {
    route: route === null ? 'none of these' : (names.get(route) ?? shortOf(route)),
    parent: (manifest && parentNames(manifest.parents).get(target.parent)) ?? target.parent,
    level: parent?.quantization,
    adapter: target.adapter === undefined ? undefined : shortOf(target.adapter),
  };
}

/** The same as a sentence, for those who do not see the picture. */
export function pathSentence({ route, parent, level, adapter }: DecidedPath): string {
  const model = level === undefined ? parent : `${parent} ${level}`;
  return `${route} goes to ${model}${adapter === undefined ? '' : ` with ${adapter}`}`;
}

/** Routes with their scores, best first. */
export function rankedScores({ scores }: Decision): { route: string; score: number }[] {
  return Object.entries(scores)
    .map(([route, score]) => ({ route, score }))
    .sort((left, right) => right.score - left.score);
}

export interface WhyLines {
  readonly examples: readonly string[];
  readonly words: readonly string[];
  readonly rules: readonly string[];
}

/** Reasons of the deciding route first; what speaks for others is left out where there is a deciding route. */
export function whyLines({ why, route }: Decision): WhyLines {
  const own = why.filter(
    (reason) => reason.kind === 'rule' || route === null || reason.route === route,
  );
  return {
    examples: own.flatMap((reason) => (reason.kind === 'example' ? [reason.text] : [])),
    words: [
      ...new Set(
        own.flatMap((reason) =>
          reason.kind === 'words' ? reason.words.map(({ word }) => word) : [],
        ),
      ),
    ],
    rules: own.flatMap((reason) => (reason.kind === 'rule' ? [reason.message] : [])),
  };
}

/** `0.4 ms`; `12 ms` from ten on. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** `.35`, as a threshold stands on a route. */
export function thresholdText(value: number): string {
  return value >= 1 ? '1.0' : value.toFixed(2).replace(/^0/, '');
}
