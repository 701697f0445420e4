// Thresholds by route from texts that were not trained on: each taken text is worth one, each wrong one costs one. A route has
// few held-out texts of its own, so what holds for all routes together counts as well.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { EmbedTexts, HeldOutScores } from '../classifier.ts';
import { createClassifier } from '../create-classifier.ts';

/** Prompts beside the examples, for thresholds alone. */
export interface CalibrationPrompts {
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly offTopic: readonly string[];
}

/** Candidates: 0.10, 0.12, ... 0.90. */
const candidates = Array.from({ length: 41 }, (_, index) =>
  Number((0.1 + index * 0.02).toFixed(2)),
);
/** What all routes together count beside a route's own texts. */
const sharedWeight = 1;
/** Without any off-topic text nothing speaks against a low threshold, so there is a floor. */
const floorWithoutOffTopic = 0.4;

interface Judged {
  /** The best route and its score. */
  readonly best: number;
  readonly score: number;
  /** Where it belongs; -1: none of these. */
  readonly route: number;
}

/** By route id. Throws what `createClassifier` throws. */
export async function trainThresholds(
  manifest: RouterManifest,
  calibration: CalibrationPrompts = { routes: {}, offTopic: [] },
  embed?: EmbedTexts,
): Promise<Map<string, number>> {
  const classifier = await createClassifier(manifest, embed);
  const extra = [
    ...manifest.routes.flatMap(({ id }, route) =>
      (calibration.routes[id] ?? []).map((text) => ({ text, route })),
    ),
    ...calibration.offTopic.map((text) => ({ text, route: -1 })),
  ];
  // One text at a call, as texts come when the router is used.
  const classified: HeldOutScores[] = [];
  for (const { text, route } of extra) {
    const [classification] = await classifier.classify([text]);
    if (classification === undefined) continue;
    classified.push({ text, route, scores: classification.scores, none: classification.none });
  }
  const judged = [...classifier.heldOut, ...classified].map(judge);
  return chooseThresholds(
    judged,
    manifest.routes.map(({ id }) => id),
  );
}

function judge({ scores, route }: HeldOutScores): Judged {
  let best = 0;
  for (const [index, score] of scores.entries()) if (score > (scores[best] ?? 0)) best = index;
  return { best, score: scores[best] ?? 0, route };
}

function chooseThresholds(judged: readonly Judged[], ids: readonly string[]): Map<string, number> {
  const hasOffTopic = judged.some(({ route }) => route < 0);
  const allowed = hasOffTopic
    ? candidates
    : candidates.filter((candidate) => candidate >= floorWithoutOffTopic);
  const shared = allowed.map(
    (threshold) => (worth(judged, threshold) / Math.max(1, ids.length)) * sharedWeight,
  );
  return new Map(
    ids.map((id, index) => {
      const own = judged.filter(({ best }) => best === index);
      const worths = allowed.map((threshold, at) => worth(own, threshold) + (shared[at] ?? 0));
      return [id, middleOfBest(allowed, worths)];
    }),
  );
}

/** Right takes less wrong ones. */
function worth(judged: readonly Judged[], threshold: number): number {
  let sum = 0;
  for (const { best, score, route } of judged) {
    if (score >= threshold) sum += best === route ? 1 : -1;
  }
  return sum;
}

/** The middle of the run of best candidates: as far from a mistake on either side as can be. */
function middleOfBest(thresholds: readonly number[], worths: readonly number[]): number {
  const best = Math.max(...worths);
  const first = worths.findIndex((value) => value >= best - 1e-9);
  let last = first;
  while (last + 1 < worths.length && (worths[last + 1] ?? 0) >= best - 1e-9) last++;
  const middle = ((thresholds[first] ?? 0.5) + (thresholds[last] ?? 0.5)) / 2;
  return Number(middle.toFixed(2));
}
