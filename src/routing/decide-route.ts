// From scores to a decision: thresholds, "none of these", conversations that stay where they are, and requests for several
// things. The same rules for every classifier; each rule that decided is named in `why`.
import type { Decision, Reason } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { Classification } from './classifier.ts';

export interface Turn {
  readonly text: string;
  /** null: the fallback answered. */
  readonly route: string | null;
}

export const defaultThreshold = 0.5;
export const defaultLeaveMargin = 0.2;

/** A part of a text that asks for several things. */
export interface ClassifiedPart {
  readonly text: string;
  readonly classification: Classification;
}

interface Candidate {
  readonly index: number;
  readonly id: string;
  readonly score: number;
  readonly threshold: number;
}

/** Words by which a person says that the conversation goes elsewhere. */
const leavingWords =
  /\b(?:(?:new|another|different) (?:topic|subject|question)|chang(?:e|ing) (?:of |the )?(?:topic|subject)|something (?:completely |entirely |totally )?(?:else|different)|unrelated|off[- ]topic)\b/i;

/** Decides one text. `parts` are empty where it is one request. */
export function decideRoute(
  manifest: RouterManifest,
  text: string,
  whole: Classification,
  parts: readonly ClassifiedPart[],
  turns: readonly Turn[],
): Omit<Decision, 'milliseconds' | 'emotion'> {
  const candidates = rank(manifest, whole);
  const reaching = takers(candidates);
  const partTakers = parts.flatMap((part) => {
    const [taker] = takers(rank(manifest, part.classification));
    return taker === undefined ? [] : [{ ...taker, part }];
  });
  const [direct] = reaching;
  const [rescued] = partTakers.toSorted((left, right) => right.score - left.score);
  const chosen = direct ?? rescued;
  const scores = Object.fromEntries(candidates.map(({ id, score }) => [id, score]));
  const named = [...reaching, ...partTakers].map(({ id }) => id);
  const decided = (
    route: Candidate | undefined,
    by: Decision['by'],
    why: readonly Reason[],
  ): Omit<Decision, 'milliseconds' | 'emotion'> => ({
    route: route?.id ?? null,
    target: targetOf(manifest, route?.id ?? null),
    scores,
    threshold: (route ?? candidates[0])?.threshold ?? defaultThreshold,
    why: [...why],
    by,
    intents: [...new Set(named)].filter((id) => id !== route?.id),
  });

  const staying = stay(manifest, text, candidates, chosen, whole, turns);
  if (staying !== undefined) {
    const { route, message } = staying;
    const reasons: Reason[] = [{ kind: 'rule', route: route.id, message }];
    return decided(route, 'sticky', [...reasons, ...whole.explain(route.index)]);
  }
  if (chosen === undefined) {
    return decided(undefined, whole.by, whyNone(candidates, whole));
  }
  const explaining = direct === undefined ? rescued?.part.classification : whole;
  const rules = [
    ...(direct === undefined && rescued !== undefined
      ? [
          rule(
            `The part "${shorten(rescued.part.text)}" decided: the whole text reaches no threshold.`,
            chosen.id,
          ),
        ]
      : []),
    ...leftRule(turns, chosen),
    ...severalRule(named, chosen),
  ];
  return decided(chosen, whole.by, [...(explaining?.explain(chosen.index) ?? []), ...rules]);
}

/** What answers a route: its parent and adapter, or the fallback's for null. */
export function targetOf(manifest: RouterManifest, route: string | null): Decision['target'] {
  const { parent, adapter } = manifest.routes.find(({ id }) => id === route) ?? manifest.fallback;
  return { parent, ...(adapter === undefined ? {} : { adapter }) };
}

/** Routes by score, best first; ties stay in the manifest's order. */
function rank({ routes }: RouterManifest, { scores }: Classification): Candidate[] {
  return routes
    .map(({ id, threshold }, index) => ({
      index,
      id,
      score: scores[index] ?? 0,
      threshold: threshold ?? defaultThreshold,
    }))
    .toSorted((left, right) => right.score - left.score);
}

/** Routes that take a text, best first. */
function takers(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ score, threshold }) => score > 0 && score >= threshold);
}

/** The conversation's route, where it keeps the text, and why. */
function stay(
  manifest: RouterManifest,
  text: string,
  candidates: readonly Candidate[],
  chosen: Candidate | undefined,
  { none }: Classification,
  turns: readonly Turn[],
): { route: Candidate; message: string } | undefined {
  const { sticky } = manifest.policy;
  if (sticky?.enabled === false) return undefined;
  const current = turns.at(-1)?.route ?? null;
  const route = candidates.find(({ id }) => id === current);
  if (route === undefined || chosen?.id === route.id || leavingWords.test(text)) return undefined;
  if (chosen === undefined) {
    // Not enough for any route is a follow-up ("and then?"); positively something else is not.
    return none >= defaultThreshold
      ? undefined
      : { route, message: 'No route takes this text by itself, so the conversation stays.' };
  }
  const margin = sticky?.leaveMargin ?? defaultLeaveMargin;
  const ahead = chosen.score - route.score;
  return ahead >= margin
    ? undefined
    : {
        route,
        message: `${chosen.id} is ahead by ${ahead.toFixed(2)}, and a conversation is left from ${margin.toFixed(2)} on.`,
      };
}

function whyNone(candidates: readonly Candidate[], whole: Classification): Reason[] {
  const [best] = candidates;
  if (best === undefined) return [rule('There are no routes: the fallback answers.')];
  const like = whole.none >= defaultThreshold ? " The text is like the fallback's examples." : '';
  const message = `None of these: ${best.id} is closest with ${best.score.toFixed(2)} and takes a text from ${best.threshold.toFixed(2)} on.${like}`;
  return [rule(message), ...whole.explain(best.index)];
}

function leftRule(turns: readonly Turn[], chosen: Candidate): Reason[] {
  const current = turns.at(-1)?.route ?? null;
  return current === null || current === chosen.id
    ? []
    : [rule(`The conversation leaves ${current}.`, chosen.id)];
}

function severalRule(named: readonly string[], chosen: Candidate): Reason[] {
  const others = [...new Set(named)].filter((id) => id !== chosen.id);
  return others.length === 0
    ? []
    : [rule(`The text also asks for ${others.join(', ')}; one route answers.`, chosen.id)];
}

function rule(message: string, route?: string): Reason {
  return { kind: 'rule', message, ...(route === undefined ? {} : { route }) };
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
