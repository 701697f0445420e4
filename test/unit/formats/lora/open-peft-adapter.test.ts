import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { openFolder } from '#src/io/folder.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { linearFactors, peftFolder, type PeftTensor } from '#test/helpers/build-peft-adapter.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const qProj = 'model.layers.0.self_attn.q_proj';
const factors = linearFactors(qProj, [6, 8, 4], 1);

function tensorOf(shape: number[], seed = 3): PeftTensor {
  return {
    shape,
    values: seededFloats(
      seed,
      shape.reduce((product, size) => product * size, 1),
    ),
  };
}

async function expectRefusalOf(
  options: Parameters<typeof peftFolder>[0],
  code: ErrorCode,
  ...texts: string[]
): Promise<void> {
  const refusal = await expectRefusal(openPeftAdapter(peftFolder(options)), code);
  for (const text of texts) expect(refusal.message).toContain(text);
}

describe('openPeftAdapter', () => {
  it('reads the adapters that come with the project', async () => {
    const folder = await openFolder(
      new URL('../../../../assets/seedling/adapters/conditions', import.meta.url).pathname,
    );
    const adapter = await openPeftAdapter(folder);
    expect(adapter).toMatchObject({ name: 'conditions', baseModel: 'seedling-4m', alpha: 16 });
    expect(adapter.modules).toHaveLength(28);
    expect(adapter.modules[0]).toMatchObject({
      weightName: 'model.layers.0.self_attn.q_proj.weight',
      kind: 'linear',
      rank: 8,
      rows: 256,
      columns: 256,
      alpha: 16,
      storedTypes: ['F16', 'F16'],
    });
    const { a, b } = await adapter.modules[0]!.readFactors();
    expect([a.length, b.length]).toEqual([8 * 256, 256 * 8]);
    await adapter.close();
  });

  it.each(['F32', 'F16', 'BF16'] as const)('reads factors stored as %s', async (dtype) => {
    // Values that all three types hold exactly
    const values = Float32Array.of(0.5, -1, 2, 0.25, -0.125, 3, 1, -2);
    const tensors = {
      [`base_model.model.${qProj}.lora_A.weight`]: { shape: [2, 4], values, dtype },
      [`base_model.model.${qProj}.lora_B.weight`]: { shape: [4, 2], values, dtype },
    };
    const adapter = await openPeftAdapter(peftFolder({ tensors, config: { r: 2 } }));
    const module = adapter.modules[0]!;
    expect(module.storedTypes).toEqual([dtype, dtype]);
    expect(await module.readFactors()).toEqual({ a: values, b: values });
  });

  it('turns the factors of an embedding so that rows are tokens', async () => {
    const tensors = {
      'base_model.model.model.embed_tokens.lora_embedding_A': {
        shape: [2, 3],
        values: Float32Array.of(1, 2, 3, 4, 5, 6),
      },
      'base_model.model.model.embed_tokens.lora_embedding_B': {
        shape: [4, 2],
        values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      },
    };
    const adapter = await openPeftAdapter(peftFolder({ tensors, config: { r: 2 } }));
    const module = adapter.modules[0]!;
    expect(module).toMatchObject({ kind: 'embedding', rows: 3, columns: 4, rank: 2 });
    const { a, b } = await module.readFactors();
    expect([...b]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...a]).toEqual([1, 3, 5, 7, 2, 4, 6, 8]);
  });

  it('gives every module the alpha of its pattern, with the root of its rank for rsLoRA', async () => {
    const adapter = await openPeftAdapter(
      peftFolder({
        tensors: { ...factors, ...linearFactors('model.layers.0.mlp.up_proj', [6, 8, 9], 2) },
        config: { use_rslora: true, rank_pattern: { up_proj: 9 }, alpha_pattern: { up_proj: 5 } },
      }),
    );
    expect(adapter.alpha).toBe(16);
    expect(adapter.modules.map(({ alpha }) => alpha)).toEqual([16, 15]);
  });

  it('keeps trained tensors apart and ignores copies of the base', async () => {
    const adapter = await openPeftAdapter(
      peftFolder({
        tensors: {
          ...factors,
          'base_model.model.lm_head.weight': tensorOf([5, 8]),
          'base_model.model.score.modules_to_save.weight': tensorOf([2, 8]),
          'base_model.model.model.embed_tokens.base_layer.weight': tensorOf([5, 8]),
        },
      }),
    );
    expect(adapter.savedTensors.map(({ name }) => name)).toEqual([
      'lm_head.weight',
      'score.weight',
    ]);
    expect(adapter.modules).toHaveLength(1);
  });

  it('reads the magnitudes of a DoRA adapter', async () => {
    const magnitude = tensorOf([6]);
    const adapter = await openPeftAdapter(
      peftFolder({
        config: { use_dora: true },
        tensors: { ...factors, [`base_model.model.${qProj}.lora_magnitude_vector`]: magnitude },
      }),
    );
    expect(await adapter.modules[0]!.readMagnitude?.()).toEqual(magnitude.values);
  });

  it('refuses factors that do not belong together', async () => {
    const a = `base_model.model.${qProj}.lora_A.weight`;
    const b = `base_model.model.${qProj}.lora_B.weight`;
    const only = (name: string) => ({ [name]: factors[name]! });
    await expectRefusalOf({ tensors: only(a) }, 'adapter/invalid', 'only the A', qProj);
    await expectRefusalOf({ tensors: only(b) }, 'adapter/invalid', 'only the B', qProj);
    await expectRefusalOf(
      { tensors: { ...only(a), [b]: tensorOf([6, 5]) } },
      'adapter/invalid',
      'rank 4 (A) and 5 (B)',
    );
    await expectRefusalOf(
      { tensors: factors, config: { r: 8 } },
      'adapter/invalid',
      'its configuration says 8',
    );
    await expectRefusalOf({ tensors: {} }, 'adapter/invalid', 'no tensors');
  });

  it('refuses DoRA that its configuration does not announce, and the reverse', async () => {
    const magnitude = `base_model.model.${qProj}.lora_magnitude_vector`;
    const tensors = { ...factors, [magnitude]: tensorOf([6]) };
    await expectRefusalOf({ tensors }, 'adapter/invalid', 'does not say use_dora');
    await expectRefusalOf(
      { tensors: factors, config: { use_dora: true } },
      'adapter/invalid',
      qProj,
    );
    await expectRefusalOf(
      { tensors: { ...factors, [magnitude]: tensorOf([7]) }, config: { use_dora: true } },
      'adapter/invalid',
      '7 DoRA magnitudes for the 6 rows',
    );
  });

  it('refuses tensors that no LoRA has, and convolutions', async () => {
    await expectRefusalOf(
      { tensors: { ...factors, 'base_model.model.x.lora_E': tensorOf([3]) } },
      'adapter/unsupported',
      'lora_E',
    );
    await expectRefusalOf(
      {
        tensors: {
          'base_model.model.c.lora_A.weight': tensorOf([4, 2, 1, 1]),
          'base_model.model.c.lora_B.weight': tensorOf([2, 4, 1, 1]),
        },
      },
      'adapter/unsupported',
      '[4, 2, 1, 1]',
    );
  });

  it('refuses values that are not finite, naming the place', async () => {
    const name = `base_model.model.${qProj}.lora_A.weight`;
    const values = factors[name]!.values.slice();
    values[5] = NaN;
    const adapter = await openPeftAdapter(
      peftFolder({ tensors: { ...factors, [name]: { shape: [4, 8], values } } }),
    );
    await expect(adapter.modules[0]!.readFactors()).rejects.toMatchObject({
      code: 'adapter/invalid',
      message: expect.stringContaining('element 5') as string,
    });
  });
});
