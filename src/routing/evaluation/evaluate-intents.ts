// Whether a request for two things is named as one, and a request for one thing is left whole: configs/routing/intents.json,
// reported in docs/routing.md.
import type { IntentSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { EmbedTexts } from '../classifier.ts';
import { createRouter } from '../router.ts';
import { shareOf, type Share } from './evaluate-emotions.ts';

export interface IntentEvaluation {
  /** Requests for two things: one of both routes answers. All shares with 95 % Wilson intervals. */
  readonly answered: Share;
  /** ... and the other one is named beside it. */
  readonly bothNamed: Share;
  /** ... a route that was not asked for is chosen or named. */
  readonly strayNamed: Share;
  /** Requests for one thing: nothing else is named. */
  readonly leftWhole: Share;
  /** ... and its route answers. */
  readonly routed: Share;
  readonly mistaken: readonly {
    readonly text: string;
    readonly expected: readonly string[];
    readonly named: readonly string[];
  }[];
}

/** Asks the router all of them. Throws what `createRouter` throws. */
export async function evaluateIntents(
  manifest: RouterManifest,
  { two, one }: IntentSet,
  embed?: EmbedTexts,
): Promise<IntentEvaluation> {
  const router = await createRouter({ ...manifest, steps: [] }, embed);
  const asked = [
    ...two.map(({ text: asks, routes }) => ({ text: asks, expected: [...routes] })),
    ...one.map(({ text: asks, route }) => ({ text: asks, expected: [route] })),
  ];
  const judged = [];
  for (const { text: asks, expected } of asked) {
    const { route, intents } = await router.decide(asks);
    const named = [...(route === null ? [] : [route]), ...intents];
    judged.push({ text: asks, expected, route, named });
  }
  const twos = judged.slice(0, two.length);
  const ones = judged.slice(two.length);
  type Judged = (typeof judged)[number];
  const share = (all: readonly Judged[], isHit: (one: Judged) => boolean) =>
    shareOf(all.filter(isHit).length, all.length);
  const isAnswered = ({ expected, route }: Judged) => route !== null && expected.includes(route);
  const hasStray = ({ expected, named }: Judged) => named.some((id) => !expected.includes(id));
  const hasAll = ({ expected, named }: Judged) => expected.every((id) => named.includes(id));
  return {
    answered: share(twos, isAnswered),
    bothNamed: share(twos, hasAll),
    strayNamed: share(twos, hasStray),
    leftWhole: share(ones, ({ named }) => named.length <= 1),
    routed: share(ones, isAnswered),
    mistaken: judged
      .filter((each) => !hasAll(each) || hasStray(each))
      .map(({ text: asks, expected, named }) => ({ text: asks, expected, named })),
  };
}
