// What a router is worth on prompts that it did not learn from: the figures of `route eval`, the Router screen and the docs.
import type {
  JudgedPrompt,
  RoutingEvaluation,
  RoutingSet,
} from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';
import type { EmbedTexts } from '../classifier.ts';
import { defaultThreshold } from '../decide-route.ts';
import { createRouter } from '../router.ts';
import { normalizeText } from '../stable-hash.ts';
import { calibrationOf, coverageOf, type ScoredPrompt } from './coverage.ts';
import { overlapFinder, type PromptOverlap } from './prompt-overlap.ts';

export interface EvaluatedRouter {
  readonly evaluation: RoutingEvaluation;
  /** Test prompts that were not counted, because the manifest's examples hold four words in a row of them. */
  readonly leftOut: readonly PromptOverlap[];
  /** Routes of the set that the manifest does not have; their prompts were not asked. */
  readonly unknownRoutes: readonly string[];
}

interface TestPrompt {
  readonly text: string;
  readonly expected: string | null;
}

/**
 * Asks the router every test prompt of the set. Prompts that overlap with the manifest's examples are left out. Throws
 * `routing/set` when nothing is left to ask, and what `createRouter` throws.
 */
export async function evaluateRouter(
  manifest: RouterManifest,
  set: RoutingSet,
  embed?: EmbedTexts,
  signal?: AbortSignal,
): Promise<EvaluatedRouter> {
  const ids = manifest.routes.map(({ id }) => id);
  const { prompts, leftOut, unknownRoutes } = testPrompts(manifest, set);
  if (!prompts.some(({ expected }) => expected !== null)) {
    throw new StudioError(
      'routing/set',
      `No test prompt of the set can be asked of ${manifest.name}: ${leftOut.length} are among its examples, and ${unknownRoutes.length} of the set's routes are not in it.`,
      { hint: `Its routes: ${ids.slice(0, 12).join(', ')}.` },
    );
  }
  // Nothing of the measuring is the emotion step's.
  const router = await createRouter({ ...manifest, steps: [] }, embed);
  await router.decide(prompts[0]?.text ?? '');
  const judged: JudgedPrompt[] = [];
  const scored: ScoredPrompt[] = [];
  const times: number[] = [];
  for (const { text, expected } of prompts) {
    signal?.throwIfAborted();
    const decision = await router.decide(text);
    const [best, score] = Object.entries(decision.scores).reduce<[string | null, number]>(
      (top, [id, value]) => (value > top[1] ? [id, value] : top),
      [null, 0],
    );
    judged.push({ text, expected, decided: decision.route, score });
    scored.push({ expected, best, score });
    times.push(decision.milliseconds);
  }
  return {
    evaluation: {
      classifier: manifest.classifier.kind,
      routes: ids,
      ...sharesOf(judged),
      ...tableOf(judged, manifest, set),
      coverage: coverageOf(scored),
      calibration: calibrationOf(scored),
      latency: latencyOf(times),
      prompts: judged,
    },
    leftOut,
    unknownRoutes,
  };
}

function testPrompts(
  manifest: RouterManifest,
  set: RoutingSet,
): { prompts: TestPrompt[]; leftOut: PromptOverlap[]; unknownRoutes: string[] } {
  const known = new Set(manifest.routes.map(({ id }) => id));
  const overlap = overlapFinder([
    ...manifest.routes.flatMap(({ examples }) => examples),
    ...(manifest.fallback.examples ?? []),
  ]);
  const seen = new Set<string>();
  const leftOut: PromptOverlap[] = [];
  const all: TestPrompt[] = [
    ...Object.entries(set.routes)
      .filter(([id]) => known.has(id))
      .flatMap(([id, { test }]) => test.map((text) => ({ text, expected: id }))),
    ...set.offTopic.test.map((text) => ({ text, expected: null })),
  ];
  const prompts = all.filter(({ text }) => {
    const key = normalizeText(text);
    const shared = overlap(text);
    if (shared !== undefined) leftOut.push(shared);
    const isNew = !seen.has(key);
    seen.add(key);
    return shared === undefined && isNew;
  });
  const unknownRoutes = Object.keys(set.routes).filter((id) => !known.has(id));
  return { prompts, leftOut, unknownRoutes };
}

function sharesOf(
  judged: readonly JudgedPrompt[],
): Pick<RoutingEvaluation, 'accuracy' | 'accuracyWhenRouted' | 'offTopicAbstained'> {
  const ofRoutes = judged.filter(({ expected }) => expected !== null);
  const routed = ofRoutes.filter(({ decided }) => decided !== null);
  const right = routed.filter(({ expected, decided }) => expected === decided).length;
  const offTopic = judged.filter(({ expected }) => expected === null);
  return {
    accuracy: shareOf(right, ofRoutes.length),
    accuracyWhenRouted: shareOf(right, routed.length),
    offTopicAbstained: shareOf(
      offTopic.filter(({ decided }) => decided === null).length,
      offTopic.length,
    ),
  };
}

/** A share and its 95 % interval; 0, from 0 to 1, of nothing. */
export function shareOf(hits: number, count: number): RoutingEvaluation['accuracy'] {
  return { value: count === 0 ? 0 : hits / count, ...wilsonInterval(hits, count) };
}

/** The confusion matrix and what follows from its rows and columns; off-topic prompts count against precision. */
function tableOf(
  judged: readonly JudgedPrompt[],
  { routes }: RouterManifest,
  set: RoutingSet,
): Pick<RoutingEvaluation, 'confusion' | 'perRoute' | 'macroF1'> {
  const numbers = new Map(routes.map(({ id }, index) => [id, index]));
  const numberOf = (id: string | null) => (id === null ? routes.length : (numbers.get(id) ?? 0));
  const confusion = Array.from({ length: routes.length + 1 }, () =>
    new Array<number>(routes.length + 1).fill(0),
  );
  for (const { expected, decided } of judged) {
    const row = confusion[numberOf(expected)];
    const column = numberOf(decided);
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  const perRoute = routes.map(({ id, threshold, examples }, index) => {
    const right = confusion[index]?.[index] ?? 0;
    const test = confusion[index]?.reduce((sum, count) => sum + count, 0) ?? 0;
    const taken = confusion.reduce((sum, row) => sum + (row[index] ?? 0), 0);
    const precision = taken === 0 ? 0 : right / taken;
    const recall = test === 0 ? 0 : right / test;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return {
      route: id,
      precision,
      recall,
      f1,
      threshold: threshold ?? defaultThreshold,
      train: examples.length,
      test,
    };
  });
  // Routes that were not asked for say nothing.
  const asked = perRoute.filter(({ route, test }) => test > 0 || Object.hasOwn(set.routes, route));
  const macroF1 =
    asked.length === 0 ? 0 : asked.reduce((sum, { f1 }) => sum + f1, 0) / asked.length;
  return { confusion, perRoute, macroF1 };
}

function latencyOf(times: readonly number[]): RoutingEvaluation['latency'] {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), count: times.length };
}
