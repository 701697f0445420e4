import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAdapters as check } from '#electron/factory/methods/check-adapters.ts';
import { adapterSafetensors, linearFactors } from '#test/helpers/build-peft-adapter.ts';
import {
  libraryFolder,
  smallAdapter,
  smallAdapterConfig,
  smallConfig,
  smallGguf,
  smallGgufAdapter,
  smallWeights,
  type LibraryFolder,
} from '#test/helpers/library-files.ts';

const seedling = fileURLToPath(new URL('../../../../../assets/seedling', import.meta.url));
const context = { signal: new AbortController().signal, emit: () => undefined };
const checkAdapters = (base: string, adapters: readonly string[]) =>
  check({ base, adapters: [...adapters] }, context);
let folder: LibraryFolder;

beforeAll(async () => {
  folder = await libraryFolder();
  await folder.write('small-llama/config.json', smallConfig);
  await folder.write('small-llama/model.safetensors', smallWeights());
  await folder.write('small-llama-Q8_0.gguf', smallGguf());
  await folder.write('lora.gguf', smallGgufAdapter());
  await folder.write('peft/adapter_config.json', smallAdapterConfig);
  await folder.write('peft/adapter_model.safetensors', smallAdapter());
  await folder.write('wide/adapter_config.json', smallAdapterConfig);
  await folder.write('wide/adapter_model.safetensors', smallAdapter(64));
});
afterAll(() => folder.remove());

describe.each(['small-llama', 'small-llama-Q8_0.gguf'])('on %s', (base) => {
  const path = (name: string) => join(folder.path, name);

  it('a PEFT folder and a GGUF LoRA of the right shapes fit', async () => {
    const fits = await checkAdapters(path(base), [path('peft'), path('lora.gguf')]);
    expect(fits).toEqual([
      { adapter: path('peft'), fits: true },
      { adapter: path('lora.gguf'), fits: true },
    ]);
  });

  it('the first tensor of other dimensions is named with both shapes', async () => {
    const [fit] = await checkAdapters(path(base), [path('wide')]);
    expect(fit?.fits).toBe(false);
    expect(fit?.reason).toMatch(
      /self_attn\.q_proj\.weight" is \[64, 64\], but blk\.0\.attn_q\.weight of the base is \[32, 32\]/,
    );
    expect(fit?.reason).toContain('trained on "someone/Small-Llama"');
  });
});

describe('an adapter', () => {
  it('that names another base but fits is noted, not refused', async () => {
    await folder.write('other/adapter_config.json', {
      ...smallAdapterConfig,
      base_model_name_or_path: '/home/x/mistral-7b',
    });
    await folder.write('other/adapter_model.safetensors', smallAdapter());
    const other = join(folder.path, 'other');
    const [fit] = await checkAdapters(join(folder.path, 'small-llama'), [other]);
    expect(fit).toEqual({
      adapter: other,
      fits: true,
      reason: expect.stringMatching(
        /trained on "\/home\/x\/mistral-7b".*called "small-llama"/,
      ) as string,
    });
  });

  it('that is missing or no adapter is a reason of its own and stops no other', async () => {
    const gone = join(folder.path, 'gone');
    const fits = await checkAdapters(join(folder.path, 'small-llama'), [
      gone,
      join(folder.path, 'small-llama-Q8_0.gguf'),
      join(folder.path, 'peft'),
    ]);
    expect(fits.map((fit) => fit.fits)).toEqual([false, false, true]);
    expect(fits[0]?.reason).toContain('does not exist');
    expect(fits[1]?.reason).toContain('is not an adapter');
  });

  it('over a module that the base does not have is refused by name', async () => {
    const factors = linearFactors('model.layers.7.self_attn.q_proj', [32, 32, 4], 1);
    await folder.write('deep/adapter_config.json', smallAdapterConfig);
    await folder.write('deep/adapter_model.safetensors', adapterSafetensors(factors));
    const deep = join(folder.path, 'deep');
    const [fit] = await checkAdapters(join(folder.path, 'small-llama-Q8_0.gguf'), [deep]);
    expect(fit?.reason).toContain('the base has no "model.layers.7.self_attn.q_proj.weight"');
  });
});

describe('a base', () => {
  it('that is an adapter is refused', async () => {
    await expect(checkAdapters(join(folder.path, 'lora.gguf'), [])).rejects.toMatchObject({
      code: 'gguf/invalid',
    });
  });

  it('is checked against a hundred adapters in one call', async () => {
    const names = ['anatomy', 'conditions', 'finance', 'language'];
    const adapters = Array.from({ length: 100 }, (_, index) =>
      join(seedling, 'adapters', names[index % names.length] ?? ''),
    );
    const fits = await checkAdapters(join(seedling, 'seedling-4m'), adapters);
    expect(fits.every((fit) => fit.fits)).toBe(true);
    const foreign = join(seedling, 'adapters-gpt2', 'conditions');
    const [fit] = await checkAdapters(join(seedling, 'seedling-4m'), [foreign]);
    expect(fit?.reason).toContain('the base has no "transformer.h.0.attn.c_attn.weight"');
  });
});
