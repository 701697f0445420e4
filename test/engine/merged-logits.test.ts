// The proof that merging is right: logits of the merged model equal those of the base with the adapter at run time, both
// computed by llama.cpp on the CPU in F32 (design.md, section 4). Run-time adapters come out of convert-lora, so the same
// test proves its files: scales, permutation, rsLoRA, patterns and GPT-2's layout.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import type { LlamaLibrary } from '#electron/factory/ffi/llama-library.types.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { openFolder } from '#src/io/folder.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import { tensorNamed } from '#test/helpers/build-base-model.ts';
import { peftFolder, type PeftTensor } from '#test/helpers/build-peft-adapter.ts';
import { floatModel } from '#test/helpers/float-model.ts';
import { modelBytes } from '#test/helpers/model-bytes.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const seedling = new URL('../../assets/seedling/', import.meta.url).pathname;
const tokenCount = 256;
const tolerance = 2e-3;

interface Adapter {
  readonly folder: string;
  readonly scale: number;
  /** Replaces fields of its configuration: the same factors under other rules. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const cases: readonly { name: string; model: string; adapters: readonly Adapter[] }[] = [
  {
    name: 'one adapter',
    model: 'seedling-4m',
    adapters: [{ folder: 'adapters/conditions', scale: 1 }],
  },
  {
    name: 'two adapters with scales',
    model: 'seedling-4m',
    adapters: [
      { folder: 'adapters/finance', scale: 0.75 },
      { folder: 'adapters/sea_stories', scale: -0.5 },
    ],
  },
  {
    name: 'an rsLoRA',
    model: 'seedling-4m',
    adapters: [{ folder: 'adapters/anatomy', scale: 1, config: { use_rslora: true } }],
  },
  {
    name: 'an adapter with patterns',
    model: 'seedling-4m',
    adapters: [
      {
        folder: 'adapters/science',
        scale: 1,
        config: { alpha_pattern: { 'q_proj': 5, '.*\\.mlp\\..*': 24 } },
      },
    ],
  },
  {
    name: "an adapter over GPT-2's Conv1D layers",
    model: 'seedling-gpt2-4m',
    adapters: [{ folder: 'adapters-gpt2/conditions', scale: 1 }],
  },
]; // prettier-ignore

let scratch: string;
let library: LlamaLibrary;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merged-logits-'));
  library = openLlamaLibrary();
  library.devices.loadBackends();
});

afterAll(async () => {
  library.dispose();
  await rm(scratch, { recursive: true, force: true });
});

/** The folder with some fields of adapter_config.json replaced. */
async function adapterFolder({ folder, config = {} }: Adapter): Promise<FolderPort> {
  const real = await openFolder(seedling + folder);
  const file = join(seedling, folder, 'adapter_config.json');
  const original = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const text = new TextEncoder().encode(JSON.stringify({ ...original, ...config }));
  return {
    ...real,
    open: (name) =>
      name === 'adapter_config.json'
        ? Promise.resolve(memoryByteSource(text, file))
        : real.open(name),
  };
}

async function writeModel(model: ModelView, fileName: string): Promise<string> {
  const path = join(scratch, fileName);
  await writeFile(path, await modelBytes(model));
  await model.close();
  return path;
}

async function heldOutTokens(modelPath: string): Promise<Int32Array> {
  const text = await readFile(join(seedling, 'texts/evaluation/conditions.txt'), 'utf8');
  const model = await library.models.load(modelPath, { vocabularyOnly: true });
  const vocabulary = library.models.vocabulary(model);
  const options = { addSpecial: false, parseSpecial: false };
  const tokens = library.vocabulary.tokenize(vocabulary, text, options).slice(0, tokenCount);
  library.models.free(model);
  expect(tokens.length).toBe(tokenCount);
  return tokens;
}

/** Logits of all tokens, one after the other. */
async function logitsOf(
  modelPath: string,
  tokens: Int32Array,
  adapters: readonly { path: string; scale: number }[],
): Promise<Float32Array> {
  const model = await library.models.load(modelPath);
  const context = library.contexts.create(model, {
    contextSize: tokenCount,
    // More threads than free cores spin against each other.
    threads: 1,
    flashAttention: 'off',
    cacheTypeK: 'F32',
    cacheTypeV: 'F32',
  });
  try {
    library.adapters.apply(
      context,
      adapters.map(({ path, scale }) => ({ adapter: library.adapters.load(model, path), scale })),
    );
    await library.contexts.decode(context, { tokens, firstPosition: 0, outputs: 'all' });
    const size = library.vocabulary.size(library.models.vocabulary(model));
    const logits = new Float32Array(tokens.length * size);
    for (let index = 0; index < tokens.length; index++) {
      logits.set(library.contexts.logits(context, index, size), index * size);
    }
    return logits;
  } finally {
    library.contexts.free(context);
    library.models.free(model);
  }
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  expect(left.length).toBe(right.length);
  let largest = 0;
  for (let index = 0; index < left.length; index++) {
    const difference = Math.abs(left[index]! - right[index]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Largest differences over all logits: merged against run time, and base against run time. */
async function compareLogits(
  openBase: () => Promise<ModelView>,
  adapters: readonly { folder: () => Promise<FolderPort>; scale: number }[],
): Promise<{ merged: number; effect: number }> {
  const base = await openBase();
  const runtime = await Promise.all(
    adapters.map(async ({ folder, scale }, index) => {
      const converted = await convertPeftFolder(await folder(), baseOfModel(base), 'f32');
      return { path: await writeModel(converted, `adapter-${index}.gguf`), scale };
    }),
  );
  const basePath = await writeModel(floatModel(base), 'base.gguf');
  const weighted = await Promise.all(
    adapters.map(async ({ folder, scale }) => ({
      adapter: await openPeftAdapter(await folder()),
      weight: scale,
    })),
  );
  const merged = await mergeAdapters(await openBase(), weighted, { method: 'sum' });
  const mergedPath = await writeModel(floatModel(merged), 'merged.gguf');
  const tokens = await heldOutTokens(basePath);
  const ofMerged = await logitsOf(mergedPath, tokens, []);
  const ofRuntime = await logitsOf(basePath, tokens, runtime);
  const ofBase = await logitsOf(basePath, tokens, []);
  return {
    merged: largestDifference(ofMerged, ofRuntime),
    effect: largestDifference(ofBase, ofRuntime),
  };
}

/** Seedling with an output matrix of its own, so that embedding and output can change apart. */
function untied(model: ModelView): ModelView {
  const embedding = tensorNamed(model, 'token_embd.weight');
  return { ...model, tensors: [...model.tensors, { ...embedding, name: 'output.weight' }] };
}

function factor(seed: number, shape: readonly [number, number]): PeftTensor {
  const values = seededFloats(seed, shape[0] * shape[1]).map((value) => value / 16);
  return { shape, values };
}

describe('logits after merging equal those of base and run-time adapter', () => {
  it.each(cases)('for $name ($model)', async ({ model, adapters }) => {
    const { merged, effect } = await compareLogits(
      async () => openHuggingFaceModel(await openFolder(seedling + model), { outtype: 'f32' }),
      adapters.map((adapter) => ({
        folder: () => adapterFolder(adapter),
        scale: adapter.scale,
      })),
    );
    // The adapters do something, so equality means something
    expect(effect).toBeGreaterThan(0.5);
    expect(merged).toBeLessThan(tolerance);
  });

  it('for an adapter on token embedding and output, which llama.cpp stores flipped', async () => {
    const tensors = {
      'base_model.model.model.embed_tokens.lora_embedding_A': factor(1, [4, 4096]),
      'base_model.model.model.embed_tokens.lora_embedding_B': factor(2, [256, 4]),
      'base_model.model.lm_head.lora_A.weight': factor(3, [4, 256]),
      'base_model.model.lm_head.lora_B.weight': factor(4, [4096, 4]),
    };
    const { merged, effect } = await compareLogits(
      async () =>
        untied(
          await openHuggingFaceModel(await openFolder(`${seedling}seedling-4m`), {
            outtype: 'f32',
          }),
        ),
      [{ folder: () => Promise.resolve(peftFolder({ tensors })), scale: 1 }],
    );
    expect(effect).toBeGreaterThan(0.5);
    expect(merged).toBeLessThan(tolerance);
  });
});
