import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { routingEvaluationSchema, type RoutingSet } from '#src/contract/routing/evaluation.ts';
import { embeddedRoutingSetPath } from '#src/io/routing-files.ts';
import { embeddedManifest } from '#src/packaging/embedded-manifest.ts';
import { compareEvaluations } from '#src/routing/evaluation/compare-evaluations.ts';
import { evaluateRouter, shareOf } from '#src/routing/evaluation/evaluate-router.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import { findPromptOverlaps } from '#src/routing/evaluation/prompt-overlap.ts';
import { evaluationMarkdown } from '#src/routing/evaluation/render-markdown.ts';
import { splitExamples } from '#src/routing/evaluation/split-examples.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

describe('the embedded family', () => {
  it('routes at least 85 % of the held-out prompts rightly by words alone, and leaves 80 % of the off-topic ones', async () => {
    const set = parseRoutingSet(await readFile(embeddedRoutingSetPath(), 'utf8'), 'seedling.json');
    const { evaluation, leftOut, unknownRoutes } = await evaluateRouter(
      await embeddedManifest(),
      set,
    );
    expect(leftOut).toEqual([]);
    expect(unknownRoutes).toEqual([]);
    expect(evaluation.classifier).toBe('lexical');
    expect(evaluation.accuracy.value).toBeGreaterThanOrEqual(0.85);
    expect(evaluation.offTopicAbstained.value).toBeGreaterThanOrEqual(0.8);
    expect(routingEvaluationSchema.safeParse(evaluation).success).toBe(true);
  });
});

const set: RoutingSet = {
  version: 1,
  routes: {
    'care/body': { train: [], test: ['My elbow hurts, it is swollen', 'Zyx qvortle'] },
    'trade/money': {
      train: [],
      test: ['Which bank gives me a loan?', 'My throat is sore, doctor'],
    },
    'other/place': { train: [], test: ['Anything'] },
  },
  offTopic: { test: ['Glimp worble', 'How long do I boil an egg?'] },
};
const manifest = buildRouterManifest({
  routes: buildRouterManifest().routes.map((route) => ({ ...route, threshold: 0.3 })),
});

describe('evaluateRouter', () => {
  it('counts right, wrong and abstained prompts, and leaves out what was trained on', async () => {
    const { evaluation, leftOut, unknownRoutes } = await evaluateRouter(manifest, set);
    // Rows and columns: body, money, cooking, none.
    expect(evaluation.confusion).toEqual([
      [1, 0, 0, 1],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
    expect(evaluation.accuracy.value).toBe(0.5);
    expect(evaluation.accuracyWhenRouted.value).toBeCloseTo(2 / 3);
    expect(evaluation.offTopicAbstained.value).toBe(1);
    expect(evaluation.perRoute[0]).toMatchObject({ precision: 0.5, recall: 0.5, f1: 0.5, test: 2 });
    // Body has F1 1/2, money 2/3; nobody asked for cooking.
    expect(evaluation.macroF1).toBeCloseTo((1 / 2 + 2 / 3) / 2);
    expect(leftOut.map(({ test }) => test)).toEqual(['How long do I boil an egg?']);
    expect(unknownRoutes).toEqual(['other/place']);
    expect(evaluation.coverage[0]).toMatchObject({
      threshold: 0,
      coverage: 1,
      offTopicAbstained: 0,
    });
  });

  it('refuses a set of which nothing can be asked', async () => {
    const foreign = { ...set, routes: { 'other/place': { train: [], test: ['Anything'] } } };
    await expect(evaluateRouter(manifest, foreign)).rejects.toMatchObject({ code: 'routing/set' });
  });

  it('is written as Markdown in which names from files are no markup', async () => {
    const { evaluation } = await evaluateRouter(manifest, set);
    const text = evaluationMarkdown({ ...evaluation, routes: ['a|b', 'c_d', '<x>'] });
    expect(text).toContain('| a\\|b | 1 |  |  | 1 |');
    expect(text).toContain('\\<x\\>');
  });
});

describe('compareEvaluations', () => {
  it('pairs prompts and tests whether the difference may be chance', async () => {
    const { evaluation } = await evaluateRouter(manifest, set);
    const prompts = evaluation.prompts.map((prompt) => ({ ...prompt, decided: prompt.expected }));
    const comparison = compareEvaluations(evaluation, { ...evaluation, prompts });
    expect(comparison).toMatchObject({
      prompts: 5,
      bothRight: 3,
      onlyFirstRight: 0,
      onlySecondRight: 2,
      bothWrong: 0,
      pValue: 0.5,
    });
    expect(comparison.differences).toHaveLength(2);
  });
});

describe('splitExamples', () => {
  it('is stable when other examples come, and lets nothing leak', () => {
    const split = splitExamples(manifest);
    expect(findPromptOverlaps(split.set)).toEqual([]);
    const held = Object.values(split.set.routes).flatMap(({ test }) => test);
    expect(held.length).toBeGreaterThan(0);
    const more = manifest.routes.map((route, index) =>
      index === 0 ? { ...route, examples: ['Qualm wibble frotz', ...route.examples] } : route,
    );
    const again = splitExamples({ ...manifest, routes: more });
    const heldAgain = Object.values(again.set.routes).flatMap(({ test }) => test);
    expect(heldAgain.filter((text) => text !== 'Qualm wibble frotz')).toEqual(held);
    for (const route of split.manifest.routes) {
      for (const text of route.examples) expect(held).not.toContain(text);
    }
  });

  it('keeps examples together that share four words in a row', () => {
    const examples = Array.from(
      { length: 40 },
      (_, index) => `how much does the ${index} thing cost`,
    );
    const routes = manifest.routes.map((route, index) => (index === 0 ? { ...route, examples } : route)); // prettier-ignore
    const { test = [] } = splitExamples({ ...manifest, routes }).set.routes['care/body'] ?? {};
    expect([0, 40]).toContain(test.length);
  });
});

describe('a share', () => {
  it('gives the interval of Wilson', () => {
    // 81 of 263: Newcombe (1998), table I, method 3.
    const { low, high } = shareOf(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    // 0 of 20, likewise.
    expect(shareOf(0, 20)).toMatchObject({
      low: 0,
      high: expect.closeTo(0.1611, 4) as number,
    });
    expect(shareOf(0, 0)).toEqual({ value: 0, low: 0, high: 1 });
  });
});
