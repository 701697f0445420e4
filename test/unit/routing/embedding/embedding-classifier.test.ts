import { describe, expect, it, vi } from 'vitest';
import { createRouter } from '#src/routing/router.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';
import { embedByWords } from '#test/helpers/embed-by-words.ts';

const withKind = (classifier: Parameters<typeof buildRouterManifest>[0] & object) =>
  buildRouterManifest({
    ...classifier,
    routes: buildRouterManifest().routes.map((route) => ({ ...route, threshold: 0.3 })),
  });

describe('an embedding classifier', () => {
  it.each(['nearest', 'centroids'] as const)(
    'decides by the likeness of vectors (%s)',
    async (method) => {
      const manifest = withKind({ classifier: { kind: 'embedding', method } });
      const router = await createRouter(manifest, embedByWords);
      const decision = await router.decide('Now my knee hurts, it is swollen');
      expect(decision).toMatchObject({ route: 'care/body', by: 'embedding' });
      expect(decision.why[0]).toMatchObject({
        kind: 'example',
        text: 'My knee is swollen and hurts',
      });
      expect((await router.decide('Who won the football game, and which movie?')).route).toBeNull();
    },
  );

  it('asks the model once for a request, its parts included', async () => {
    const embed = vi.fn(embedByWords);
    const router = await createRouter(withKind({ classifier: { kind: 'embedding' } }), embed);
    expect(embed).toHaveBeenCalledTimes(1);
    await router.decide('My knee is swollen, and how do I open an account?');
    expect(embed).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['too few', () => Promise.resolve([])],
    [
      'not finite',
      (texts: readonly string[]) =>
        Promise.resolve(texts.map(() => new Float32Array([Number.NaN]))),
    ],
    [
      'of different lengths',
      (texts: readonly string[]) =>
        Promise.resolve(texts.map((_, index) => new Float32Array(1 + (index % 2)).fill(1))),
    ],
  ])('refuses vectors that are %s', async (_, embed) => {
    const manifest = withKind({ classifier: { kind: 'embedding' } });
    await expect(createRouter(manifest, embed)).rejects.toMatchObject({
      code: 'routing/embedding',
    });
  });
});

describe('a cascade', () => {
  it('asks no model where the words are certain, and asks it where they are not', async () => {
    const embed = vi.fn(embedByWords);
    const manifest = withKind({ classifier: { kind: 'cascade', certain: 0.8 } });
    const router = await createRouter(manifest, embed);
    const known = await router.decide('My back is swollen and hurts');
    expect(known.by).toBe('lexical');
    expect(embed).toHaveBeenCalledTimes(1);
    const unknown = await router.decide('Zyx qvortle');
    expect(unknown).toMatchObject({ by: 'embedding' });
    expect(embed).toHaveBeenCalledTimes(2);
  });
});
