// A real embedding model, converted here from a folder that is built by code, in every place that a family has for one: as
// classifier, as companion of the emotion step, and behind `/v1/embeddings`.
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineContract } from '#src/contract/engine.contract.ts';
import { emotionLabels, type RouterManifest } from '#src/contract/routing/manifest.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { openHost } from '#src/io/open-host.ts';
import { dotProduct } from '#src/routing/dot-product.ts';
import { emotionAnchors } from '#src/serving/read-emotion.ts';
import { openFamily } from '#src/serving/open-family.ts';
import type { Family } from '#src/serving/family.ts';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const engine = openHost(engineContract, {
  name: 'engine',
  environment: { GGUF_STUDIO_HOME: folder.path('home') },
});
const events: StageEvent[] = [];
const hashOf = (name: string) =>
  createHash('sha256')
    .update(readFileSync(folder.path('family', name)))
    .digest('hex');
let manifest: RouterManifest;
let family: Family | undefined;

const open = async (changed: RouterManifest) => {
  writeFileSync(folder.path('family', 'router.json'), JSON.stringify(changed));
  return openFamily({
    path: folder.path('family'),
    engine: (method, params, options) => engine.call(method, params, options),
    gpu: 'off',
    threads: 1,
    onEvent: (event) => events.push(event),
  });
};
const ask = (served: Family, text: string) =>
  served.answer({
    model: 'auto',
    input: { messages: [{ role: 'user', text }] },
    sampling: { temperature: 0, maxTokens: 2 },
  });

/** The converter's own cases hold every magnitude, which drowns a text in one bias: here norms are plain, weights small. */
function withSaneWeights(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const begin = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, begin))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  for (const [name, { data_offsets: range }] of Object.entries(header)) {
    if (range === undefined) continue;
    const isNorm = /norm/i.test(name);
    for (let at = begin + range[0]; at < begin + range[1]; at += 4) {
      const value = view.getFloat32(at, true);
      const small = name.endsWith('.bias') ? 0 : isNorm ? 1 : Math.max(-1, Math.min(1, value * 4));
      view.setFloat32(at, small, true);
    }
  }
}

beforeAll(async () => {
  const { files, folderName, pre } = buildHuggingFaceCases()['bert']!;
  for (const [name, content] of Object.entries(files)) {
    const path = folder.path(folderName, name);
    mkdirSync(dirname(path), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    if (name === 'model.safetensors') withSaneWeights(content as Uint8Array);
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
  }
  mkdirSync(folder.path('family'));
  for (const words of [
    [
      'convert',
      folderName,
      '--outfile',
      'meaning.gguf',
      '--outtype',
      'f32',
      ...(pre === undefined ? [] : ['--pre', pre]),
    ],
    ['quantize', `${seedlingFolder}/seedling-4m`, 'base.gguf', 'Q8_0'],
    ['convert-lora', `${seedlingFolder}/adapters/conditions`, '--base', `${seedlingFolder}/seedling-4m`, '--outfile', 'conditions.gguf'], // prettier-ignore
  ]) {
    const { code, stderr } = await folder.run(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  }
  for (const name of ['meaning.gguf', 'base.gguf', 'conditions.gguf']) {
    copyFileSync(folder.path(name), folder.path('family', name));
  }
  const built = buildRouterManifest();
  const parent = {
    ...built.parents[0]!,
    id: 'base',
    file: 'base.gguf',
    sha256: hashOf('base.gguf'),
    bytes: statSync(folder.path('base.gguf')).size,
    adapters: [
      {
        ...built.parents[0]!.adapters[0]!,
        source: 'file' as const,
        file: 'conditions.gguf',
        sha256: hashOf('conditions.gguf'),
      },
    ],
  };
  manifest = {
    ...built,
    parents: [parent],
    companions: [{ role: 'emotion', file: 'meaning.gguf', sha256: hashOf('meaning.gguf') }],
    steps: [
      {
        kind: 'emotion',
        language: 'en',
        labels: ['neutral', 'positive', 'sad', 'angry', 'anxious'],
        tones: { angry: { systemPrompt: 'Stay calm.' } },
      },
    ],
    routes: built.routes.map(({ adapter, ...route }) => ({
      ...route,
      parent: 'base',
      threshold: 0.05,
      ...(adapter === 'care/body' && { adapter }),
    })),
    fallback: { parent: 'base' },
    classifier: {
      kind: 'embedding',
      file: 'meaning.gguf',
      sha256: hashOf('meaning.gguf'),
      neighbours: 1,
    },
    policy: { preload: [], keepAliveSeconds: 300 },
  };
  family = await open(manifest);
});

afterAll(async () => {
  await family?.dispose();
  await engine.dispose();
  folder.remove();
});

describe('an embedding model of its own', () => {
  it('decides routes: a known example goes where it belongs, and is the reason', async () => {
    for (const { id, examples } of manifest.routes) {
      const { decision } = await ask(family!, examples[0]!);
      expect(decision).toMatchObject({ route: id, by: 'embedding' });
      const [reason] = decision.why;
      expect(reason).toMatchObject({ kind: 'example', route: id, text: examples[0] });
      expect(reason?.kind === 'example' ? reason.similarity : 0).toBeCloseTo(1, 4);
    }
  });

  it('detects the emotion of a request as the companion of that role, with its tone', async () => {
    // The tokenizer of the test knows few words, so some texts are the same to the model: those tell nothing.
    const known = emotionLabels.flatMap((label) =>
      emotionAnchors[label].map((text) => ({ label, text })),
    );
    const { vectors } = await family!.embed(known.map(({ text }) => text));
    const apart = known.filter(({ label }, index) =>
      known.every(
        (other, at) =>
          other.label === label || dotProduct(vectors[index]!, vectors[at]!) < 1 - 1e-5,
      ),
    );
    expect(new Set(apart.map(({ label }) => label)).size).toBeGreaterThanOrEqual(2);
    for (const { label, text } of apart) {
      const { emotion } = (await ask(family!, text)).decision;
      expect(emotion).toMatchObject({ label, source: 'meaning.gguf' });
      expect(emotion?.changed).toEqual(
        label === 'angry' ? { systemPrompt: 'Stay calm.' } : undefined,
      );
    }
    expect(events.filter(({ event }) => event === 'notice')).toEqual([]);
  });

  it('is what /v1/embeddings gives, named or not: vectors of length 1', async () => {
    expect(family!.models()).toContainEqual({ id: 'meaning.gguf', kind: 'embedding' });
    const texts = ['a heart', 'the sea', 'a heart'];
    const { vectors, tokens } = await family!.embed(texts, { model: 'meaning.gguf' });
    expect((await family!.embed(texts)).vectors).toEqual(vectors);
    expect(tokens).toBeGreaterThan(3);
    expect(vectors.map(({ length }) => length)).toEqual([64, 64, 64]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(vectors[0]).toEqual(vectors[2]);
    expect(vectors[0]).not.toEqual(vectors[1]);
  });

  it('is refused as a model that answers', async () => {
    const wrong = { ...manifest.parents[0]!, file: 'meaning.gguf', sha256: hashOf('meaning.gguf') };
    const served = await open({ ...manifest, parents: [{ ...wrong, adapters: [] }], classifier: { kind: 'lexical' }, steps: [], routes: [] }); // prettier-ignore
    await expect(ask(served, 'a heart')).rejects.toMatchObject({
      code: 'architecture/unsupported',
    });
    await served.dispose();
  });
});

describe('an adapter beside its parent', () => {
  const lexical = (sha256: string): RouterManifest => ({
    ...manifest,
    classifier: { kind: 'lexical' },
    steps: [],
    parents: manifest.parents.map((parent) => ({
      ...parent,
      adapters: parent.adapters.map((adapter) => ({ ...adapter, sha256 })),
    })),
  });

  it('answers when its bytes are those of the manifest, and is refused when they are not', async () => {
    const request = {
      model: 'base:care/body',
      input: { prompt: 'Asthma is' },
      sampling: { temperature: 0, maxTokens: 4 },
    };
    const sound = await open(lexical(hashOf('conditions.gguf')));
    expect((await sound.answer(request)).answer.tokens).toBe(4);
    await sound.dispose();
    const changed = await open(lexical('0'.repeat(64)));
    await expect(changed.answer(request)).rejects.toMatchObject({
      code: 'serving/files',
      details: { expected: '0'.repeat(64), found: hashOf('conditions.gguf') },
    });
    await changed.dispose();
  });
});

describe('a conversation whose context grows', () => {
  it('keeps its route and its seed, and answers what a large one answers where chance has no part', async () => {
    const long = 'Tell me more about the heart, the lungs and the blood. '.repeat(25);
    const messages = [
      { role: 'user' as const, text: 'My knee is swollen and hurts' },
      { role: 'assistant' as const, text: long },
      { role: 'user' as const, text: 'and then?' },
    ];
    const answers = [];
    for (const [initial, temperature] of [
      [32, 0],
      [1024, 0],
      [32, 1],
      [32, 1],
    ] as const) {
      const base = lexical();
      const served = await open({ ...base, policy: { ...base.policy, context: { initial } } });
      const ask = (chat: (typeof messages)[number][]) =>
        served.answer({
          model: 'auto',
          conversation: 'grows',
          input: { messages: chat },
          sampling: { temperature, seed: 7, maxTokens: 24 },
        });
      const first = await ask(messages.slice(0, 1));
      answers.push({ first, next: await ask(messages) });
      await served.dispose();
    }
    expect(answers.map(({ next }) => next.answer.grown)).toEqual([true, false, true, true]);
    for (const { first, next } of answers) {
      expect(first.decision.route).toBe('care/body');
      expect(next.decision).toMatchObject({ route: 'care/body', by: 'sticky' });
      expect(next.answer.seed).toBe(7);
    }
    const [small, large, once, again] = answers.map(({ next }) => next.answer.text);
    expect(small).toBe(large);
    // Growing within an answer begins its sampler anew: chance takes another way, but always the same one.
    expect(again).toBe(once);
  });

  function lexical(): RouterManifest {
    const routes = manifest.routes.map((route) => ({ ...route, threshold: 0.5 }));
    return { ...manifest, routes, classifier: { kind: 'lexical' }, steps: [] };
  }
});
