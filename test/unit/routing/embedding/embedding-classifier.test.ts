import { describe, expect, it, vi } from 'vitest';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { applySigmoid, fitSigmoid } from '#src/routing/calibration/fit-sigmoid.ts';
import { createEmbeddingClassifier } from '#src/routing/embedding/embedding-classifier.ts';
import { createRouter } from '#src/routing/router.ts';
import { stableHash } from '#src/routing/stable-hash.ts';
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

describe('scores of an embedding classifier', () => {
  const routes = Array.from({ length: 6 }, (_, route) => ({
    id: `route ${route}`,
    examples: Array.from({ length: 1 + route * 2 }, (__, index) => `example ${route} ${index}`),
    keywords: [],
  }));
  const none = ['nothing 1', 'nothing 2', 'nothing 3'];
  const asked = ['a question', 'another one', 'example 3 1'];

  it.each([
    ['nearest', 3],
    ['nearest', 100],
    ['centroids', 5],
  ] as const)('are those of the plain formula, to the last bit (%s, %i)', async (method, count) => {
    const classifier = await createEmbeddingClassifier(routes, none, embedAnything, {
      method,
      neighbours: count,
    });
    const plain = await plainScores(routes, none, asked, method, count);
    const classified = await classifier.classify(asked);
    expect(classified.map(({ scores, none: like }) => [...scores, like])).toEqual(plain.asked);
    expect(classifier.heldOut.map(({ scores, none: like }) => [...scores, like])).toEqual(
      plain.heldOut,
    );
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

const embedAnything = (texts: readonly string[]) =>
  Promise.resolve(
    texts.map((text) => {
      const random = mulberry32(stableHash(text));
      return Float32Array.from({ length: 37 }, () => random() - 0.3);
    }),
  );

/** The formula as it is told: no kernel, no scratch, everything sorted anew. */
async function plainScores(
  routes: readonly { readonly examples: readonly string[] }[],
  none: readonly string[],
  asked: readonly string[],
  method: 'nearest' | 'centroids',
  neighbours: number,
): Promise<{ asked: number[][]; heldOut: number[][] }> {
  const groups = [...routes.map(({ examples }) => examples), none];
  const raw = await embedAnything(groups.flat());
  const dot = (left: Float32Array, right: Float32Array) => {
    const sums = [0, 0, 0, 0];
    const whole = left.length - (left.length % 4);
    for (const [at, value] of left.entries()) {
      const place = at < whole ? at % 4 : 0;
      sums[place] = sums[place]! + value * right[at]!;
    }
    return sums.reduce((sum, value) => sum + value);
  };
  const norm = (vector: Float32Array) => Math.sqrt(dot(vector, vector));
  const mean = new Float64Array(37);
  for (const vector of raw) {
    for (const at of mean.keys()) mean[at] = mean[at]! + vector[at]! / norm(vector) / raw.length;
  }
  const normalized = (vector: Float32Array) => {
    const centred = vector.map((value, at) => value / norm(vector) - mean[at]!);
    return centred.map((value) => value / norm(centred));
  };
  let next = 0;
  const known = groups.map((texts) => texts.map(() => normalized(raw[next++]!)));
  const likenessOf = (vector: Float32Array, group: readonly Float32Array[], own?: Float32Array) => {
    const others = group.filter((other) => other !== own);
    if (others.length === 0) return -1;
    if (method === 'centroids') {
      const sum = new Float32Array(37);
      for (const other of group) for (const at of sum.keys()) sum[at] = sum[at]! + other[at]!;
      const used = group.length === others.length ? sum : sum.map((value, at) => value - own![at]!);
      return dot(vector, used) / norm(used);
    }
    const likenesses = others.map((other) => dot(vector, other));
    const nearest = likenesses.toSorted((left, right) => right - left).slice(0, neighbours);
    return nearest.reduce((sum, value) => sum + value, 0) / nearest.length;
  };
  const inputsOf = (vector: Float32Array, own?: Float32Array) => {
    const all = known.map((group) => likenessOf(vector, group, own));
    return all.map((value, at) => [value, value - Math.max(-1, ...all.toSpliced(at, 1))]);
  };
  const rows = known.flatMap((group, label) =>
    group.map((vector) => ({ label, inputs: inputsOf(vector, vector) })),
  );
  const sigmoid = fitSigmoid(
    rows.flatMap(({ label, inputs }) =>
      inputs.map((row, at) => ({ inputs: row, right: at === label })),
    ),
    { bias: -2, weights: [4, 6] },
  );
  const scores = (inputs: number[][]) => inputs.map((row) => applySigmoid(sigmoid, row));
  const vectors = await embedAnything(asked);
  return {
    asked: vectors.map((vector) => scores(inputsOf(normalized(vector)))),
    heldOut: rows.map(({ inputs }) => scores(inputs)),
  };
}
