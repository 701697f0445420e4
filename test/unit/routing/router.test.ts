import { describe, expect, it } from 'vitest';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { decisionSchema } from '#src/contract/routing/decision.ts';
import { createRouter } from '#src/routing/router.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

const routesWith = (threshold: number): Pick<RouterManifest, 'routes'> => ({
  routes: buildRouterManifest().routes.map((route) => ({ ...route, threshold })),
});
const trained = buildRouterManifest(routesWith(0.3));

describe('createRouter', () => {
  it('takes a text to its route, with the target, scores of all routes and true reasons', async () => {
    const router = await createRouter(trained);
    const decision = await router.decide('My elbow is swollen and hurts');
    expect(decisionSchema.safeParse(decision).success).toBe(true);
    expect(decision).toMatchObject({
      route: 'care/body',
      target: { parent: 'care', adapter: 'care/body' },
      by: 'lexical',
      intents: [],
    });
    expect(Object.keys(decision.scores).sort()).toEqual([
      'care/body',
      'trade/cooking',
      'trade/money',
    ]);
    for (const score of Object.values(decision.scores)) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }
    const words = decision.why.find((reason) => reason.kind === 'words');
    expect(words?.words.map(({ word }) => word)).toEqual(
      expect.arrayContaining(['swollen', 'hurts']),
    );
    expect(words?.words.map(({ word }) => word)).not.toContain('elbow');
  });

  it('decides the same whenever it is made', async () => {
    const [first, second] = await Promise.all([createRouter(trained), createRouter(trained)]);
    const text = 'Is my bread dangerous for the budget?';
    const one = await first.decide(text);
    const two = await second.decide(text);
    expect({ ...one, milliseconds: 0 }).toEqual({ ...two, milliseconds: 0 });
  });

  it.each(['Zyx qvortle glimp?', '', '   ', '!!!', 'x'.repeat(100_000)])(
    'leaves what it does not know to the fallback and says how far it was: %.20s',
    async (text) => {
      const decision = await (await createRouter(trained)).decide(text);
      expect(decision).toMatchObject({ route: null, target: { parent: 'care' } });
      expect(decision.why[0]).toMatchObject({
        kind: 'rule',
        message: expect.stringContaining('None of these') as string,
      });
    },
  );

  it('names the other request of a text that asks for two things', async () => {
    const router = await createRouter(trained);
    const decision = await router.decide('My knee hurts, and how do I open a savings account?');
    expect([decision.route, ...decision.intents].sort()).toEqual(['care/body', 'trade/money']);
  });

  it('throws for a manifest that cannot route, naming the place', async () => {
    const broken = buildRouterManifest({ fallback: { parent: 'nobody' } });
    await expect(createRouter(broken)).rejects.toMatchObject({
      code: 'routing/manifest',
      details: { at: '/fallback/parent' },
    });
  });

  it('says that an embedding classifier needs a model', async () => {
    const manifest = buildRouterManifest({ classifier: { kind: 'embedding' } });
    await expect(createRouter(manifest)).rejects.toMatchObject({ code: 'routing/embedding' });
  });

  it('stops when it is cancelled', async () => {
    const router = await createRouter(trained);
    await expect(router.decide('x', { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('a conversation', () => {
  const turns = [{ text: 'My knee is swollen', route: 'care/body' }];

  it('stays with its route for a text that no route takes by itself', async () => {
    const decision = await (await createRouter(trained)).decide('And the left one?', { turns });
    expect(decision).toMatchObject({ route: 'care/body', by: 'sticky' });
    expect(decision.why[0]).toMatchObject({ kind: 'rule', route: 'care/body' });
  });

  it('is left for a route that is clearly ahead', async () => {
    const decision = await (
      await createRouter(trained)
    ).decide('How do I open a savings account at a bank?', { turns });
    expect(decision).toMatchObject({ route: 'trade/money', by: 'lexical' });
    expect(decision.why.at(-1)).toMatchObject({ message: 'The conversation leaves care/body.' });
  });

  it('is left by asking for another topic', async () => {
    const decision = await (
      await createRouter(trained)
    ).decide('Something completely different now', { turns });
    expect(decision.route).toBeNull();
  });

  it('is left for the fallback by what is positively something else', async () => {
    const decision = await (
      await createRouter(trained)
    ).decide('Recommend a movie for tonight', { turns });
    expect(decision.route).toBeNull();
  });

  it('is not kept where the policy says so, nor after the fallback answered', async () => {
    const free = buildRouterManifest({
      ...routesWith(0.3),
      policy: { preload: [], keepAliveSeconds: 1, sticky: { enabled: false } },
    });
    expect(await (await createRouter(free)).decide('And the left one?', { turns })).toMatchObject({
      route: null,
    });
    const after = [...turns, { text: 'Tell me a joke', route: null }];
    expect(
      await (await createRouter(trained)).decide('And the left one?', { turns: after }),
    ).toMatchObject({ route: null });
  });
});

describe('the emotion step', () => {
  const step = {
    kind: 'emotion' as const,
    language: 'en' as const,
    labels: ['neutral', 'anxious', 'sad'],
    tones: { anxious: { systemPrompt: 'Be calm.', sampling: { temperature: 0.5 } } },
  };

  it('puts what it saw and what the tone changes into the decision', async () => {
    const router = await createRouter(buildRouterManifest({ steps: [step], ...routesWith(0.3) }));
    const decision = await router.decide('I am so worried, my knee is swollen and hurts');
    expect(decision.emotion).toMatchObject({
      label: 'anxious',
      source: 'lexicon',
      words: ['worried'],
      changed: { systemPrompt: 'Be calm.', sampling: { temperature: 0.5 } },
    });
  });

  it('is off by one switch', async () => {
    const router = await createRouter(
      buildRouterManifest({ steps: [{ ...step, enabled: false }] }),
    );
    expect((await router.decide('I am so worried')).emotion).toBeUndefined();
  });

  it('asks a companion model where one is given', async () => {
    const router = await createRouter(buildRouterManifest({ steps: [step] }), undefined, {
      detect: () => ({ label: 'sad', confidence: 0.9, source: 'feelings.gguf', words: [] }),
    });
    expect((await router.decide('x')).emotion).toEqual({
      label: 'sad',
      confidence: 0.9,
      source: 'feelings.gguf',
      words: [],
    });
  });
});
