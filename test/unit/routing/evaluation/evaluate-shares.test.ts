import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emotionSetSchema, intentSetSchema } from '#src/contract/routing/evaluation.ts';
import { emotionLabels, type EmotionLabel } from '#src/contract/routing/manifest.ts';
import { embeddedRoutingSetPath } from '#src/io/routing-files.ts';
import { packageRoot } from '#src/io/package-root.ts';
import { evaluateEmotions } from '#src/routing/evaluation/evaluate-emotions.ts';
import { evaluateIntents } from '#src/routing/evaluation/evaluate-intents.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import { overlapFinder } from '#src/routing/evaluation/prompt-overlap.ts';
import { emotionMarkdown, intentMarkdown } from '#src/routing/evaluation/render-shares.ts';
import { normalizeText } from '#src/routing/stable-hash.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

const shipped = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(packageRoot(), 'configs', 'routing', name), 'utf8'));

describe('measuring emotions', () => {
  it('has at least twelve sentences of each of five emotions, none twice', async () => {
    const { emotions } = emotionSetSchema.parse(await shipped('emotions.json'));
    for (const label of emotionLabels) expect(emotions[label].length).toBeGreaterThanOrEqual(12);
    const all = Object.values(emotions).flat().map(normalizeText);
    expect(new Set(all).size).toBe(all.length);
  });

  it('counts what was seen, by whom it was missed, and what was seen where it is not', async () => {
    const emotions = {
      neutral: ['n1', 'n2', 'n3'],
      positive: ['p1'],
      sad: ['s1', 's2'],
      angry: ['a1'],
      anxious: ['x1'],
    };
    const seen: Record<string, EmotionLabel> = { n1: 'sad', p1: 'positive', s1: 'sad', a1: 'sad' };
    const result = await evaluateEmotions({ version: 1, emotions }, (text) => ({
      label: seen[text] ?? 'neutral',
      confidence: 1,
      source: 'test',
      words: [],
    }));
    expect(result.accuracy).toMatchObject({ hits: 4, count: 8, value: 0.5 });
    expect(result.seen).toMatchObject({ hits: 2, count: 5 });
    expect(result.right).toMatchObject({ hits: 2, count: 4 });
    expect(result.confusion[2]).toEqual([1, 0, 1, 0, 0]);
    expect(result.mistaken.map(({ text }) => text)).toEqual(['n1', 's2', 'a1', 'x1']);
    expect(emotionMarkdown(result)).toContain('| right label of five | 4 of 8 | 50.0 % |');
  });
});

describe('measuring requests for two things', () => {
  it('has at least twenty of each kind, for the routes of the Seedling set and unlike its prompts', async () => {
    const set = parseRoutingSet(await readFile(embeddedRoutingSetPath(), 'utf8'), 'seedling.json');
    const { one, two } = intentSetSchema.parse(await shipped('intents.json'));
    expect(one.length).toBeGreaterThanOrEqual(20);
    expect(two.length).toBeGreaterThanOrEqual(20);
    const named = [...one.map(({ route }) => route), ...two.flatMap(({ routes }) => routes)];
    expect(named.filter((id) => set.routes[id] === undefined)).toEqual([]);
    const find = overlapFinder([
      ...Object.values(set.routes).flatMap(({ train }) => train),
      ...(set.offTopic.train ?? []),
    ]);
    expect([...one, ...two].flatMap(({ text }) => find(text) ?? [])).toEqual([]);
  });

  it('tells named, missed and stray routes apart', async () => {
    const manifest = buildRouterManifest();
    const thresholds = manifest.routes.map((route) => ({ ...route, threshold: 0.3 }));
    const result = await evaluateIntents(
      { ...manifest, routes: thresholds },
      {
        version: 1,
        two: [
          {
            text: 'My knee is swollen and hurts. How do I open a bank account?',
            routes: ['care/body', 'trade/money'],
          },
        ],
        one: [{ text: 'My knee is swollen and hurts badly', route: 'trade/money' }],
      },
    );
    expect(result.answered.value).toBe(1);
    expect(result.bothNamed.value).toBe(1);
    expect(result.strayNamed.value).toBe(0);
    expect(result.leftWhole.value).toBe(1);
    expect(result.routed.value).toBe(0);
    expect(result.mistaken).toEqual([
      {
        text: 'My knee is swollen and hurts badly',
        expected: ['trade/money'],
        named: ['care/body'],
      },
    ]);
    expect(intentMarkdown({ lexical: result })).toContain('both routes are named | 1 of 1');
  });
});
