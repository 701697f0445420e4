import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { metadataValue, rowCountOf } from '#src/model/model-view.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { MergeOptions } from '#src/stages/merge/merge-options.ts';
import { buildSmallLlama, readFloats, tensorNamed } from '#test/helpers/build-base-model.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { linearFactors, peftFolder, type PeftTensor } from '#test/helpers/build-peft-adapter.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const layer = 'model.layers.0';
const sum: MergeOptions = { method: 'sum' };

function adapterOf(
  tensors: Record<string, PeftTensor>,
  config: Record<string, unknown> = {},
  name = 'adapter',
): Promise<LoraAdapter> {
  return openPeftAdapter(peftFolder({ tensors, config, name }));
}

const upProj = (seed: number) => linearFactors(`${layer}.mlp.up_proj`, [12, 8, 4], seed);

function saved(name: string, shape: number[], seed = 5): Record<string, PeftTensor> {
  const values = seededFloats(
    seed,
    shape.reduce((product, size) => product * size, 1),
  );
  return { [`base_model.model.${name}`]: { shape, values } };
}

async function mergedTensor(model: ModelView, name: string): Promise<Float32Array> {
  const tensor = tensorNamed(model, name);
  const rows = await readFloats(tensor);
  const combination = await tensor.loadCombination?.();
  const columns = tensor.shape[0] ?? 1;
  if (combination !== undefined) {
    combineRows(rows, 0, rowCountOf(tensor.shape), columns, combination);
  }
  return rows;
}

/** W + scale · B·A in F64. */
function expected(
  base: Float32Array,
  factors: Record<string, PeftTensor>,
  scale: number,
  row = (index: number) => index,
): number[] {
  const [a, b] = Object.values(factors);
  const [rank = 0, columns = 0] = a!.shape;
  return [...base].map((weight, index) => {
    const [i, j] = [row(Math.floor(index / columns)), index % columns];
    let delta = 0;
    for (let r = 0; r < rank; r++) delta += b!.values[i * rank + r]! * a!.values[r * columns + j]!;
    return weight + scale * delta;
  });
}

function expectClose(actual: Float32Array, wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, index) => expect(actual[index]).toBeCloseTo(value, 5));
}

async function expectRefusalOf(run: Promise<unknown>, code: ErrorCode, ...texts: string[]) {
  const refusal = await expectRefusal(run, code);
  for (const text of texts) expect(refusal.message).toContain(text);
}

describe('mergeAdapters', () => {
  it('adds the scaled product and leaves other tensors as they are', async () => {
    const base = await buildSmallLlama();
    const before = await readFloats(tensorNamed(base, 'blk.0.ffn_up.weight'));
    const factors = upProj(1);
    const merged = await mergeAdapters(
      base,
      [{ adapter: await adapterOf(factors), weight: 0.5 }],
      sum,
    );
    // alpha 8 over rank 4, at half strength
    expectClose(await mergedTensor(merged, 'blk.0.ffn_up.weight'), expected(before, factors, 1));
    expect(merged.tensors.filter((tensor) => tensor.loadCombination !== undefined)).toHaveLength(1);
    expect(tensorNamed(merged, 'output.weight')).toBe(tensorNamed(base, 'output.weight'));
    expect(merged.tensors.map(({ name }) => name)).toEqual(base.tensors.map(({ name }) => name));
  });

  it('reorders the rows of q and k as the base was reordered', async () => {
    const base = await buildSmallLlama();
    const before = await readFloats(tensorNamed(base, 'blk.0.attn_q.weight'));
    const factors = linearFactors(`${layer}.self_attn.q_proj`, [8, 8, 4], 3);
    const merged = await mergeAdapters(
      base,
      [{ adapter: await adapterOf(factors), weight: 1 }],
      sum,
    );
    // 2 heads of 4 rows: GGUF row 2p + h of a head is checkpoint row 2h + p
    const source = [0, 2, 1, 3, 4, 6, 5, 7];
    expectClose(
      await mergedTensor(merged, 'blk.0.attn_q.weight'),
      expected(before, factors, 2, (row) => source[row]!),
    );
  });

  it('adds several adapters in the order given', async () => {
    const base = await buildSmallLlama();
    const before = await readFloats(tensorNamed(base, 'blk.0.ffn_up.weight'));
    const [first, second] = [upProj(1), upProj(11)];
    const merged = await mergeAdapters(
      base,
      [
        { adapter: await adapterOf(first, {}, 'one'), weight: 1 },
        { adapter: await adapterOf(second, {}, 'two'), weight: -1 },
      ],
      sum,
    );
    const combination = await tensorNamed(merged, 'blk.0.ffn_up.weight').loadCombination?.();
    expect(combination?.deltas.map(({ adapter, scale }) => [adapter, scale])).toEqual([
      ['one', 2],
      ['two', -2],
    ]);
    const once = Float32Array.from(expected(before, first, 2));
    expectClose(await mergedTensor(merged, 'blk.0.ffn_up.weight'), expected(once, second, -2));
  });

  it('says F32 in the metadata and changes nothing else there', async () => {
    const base = await buildSmallLlama();
    const merged = await mergeAdapters(
      base,
      [{ adapter: await adapterOf(upProj(1)), weight: 1 }],
      sum,
    );
    expect(metadataValue(merged, 'general.file_type')).toEqual({ type: 'uint32', value: 0 });
    expect(merged.metadata.map(({ key }) => key)).toEqual(base.metadata.map(({ key }) => key));
  });

  it('merges an embedding by tokens where the output is not tied', async () => {
    const base = await buildSmallLlama();
    const before = await readFloats(tensorNamed(base, 'token_embd.weight'));
    const [a, b] = [seededFloats(1, 4 * 6), seededFloats(2, 8 * 4)];
    const adapter = await adapterOf({
      'base_model.model.model.embed_tokens.lora_embedding_A': { shape: [4, 6], values: a },
      'base_model.model.model.embed_tokens.lora_embedding_B': { shape: [8, 4], values: b },
    });
    const merged = await mergeAdapters(base, [{ adapter, weight: 1 }], sum);
    const wanted = [...before].map((weight, index) => {
      const [token, column] = [Math.floor(index / 8), index % 8];
      let delta = 0;
      for (let r = 0; r < 4; r++) delta += b[column * 4 + r]! * a[r * 6 + token]!;
      return weight + 2 * delta;
    });
    expectClose(await mergedTensor(merged, 'token_embd.weight'), wanted);
  });

  it('replaces saved tensors and adds the changes of other adapters to them', async () => {
    const base = await buildSmallLlama();
    const head = saved('lm_head.weight', [6, 8]);
    const norm = saved('model.norm.weight', [8], 6);
    const change = linearFactors('lm_head', [6, 8, 4], 9);
    const merged = await mergeAdapters(
      base,
      [
        { adapter: await adapterOf({ ...upProj(1), ...head, ...norm }, {}, 'one'), weight: 1 },
        { adapter: await adapterOf(change, {}, 'two'), weight: 1 },
      ],
      sum,
    );
    const headValues = Object.values(head)[0]!.values;
    expectClose(await mergedTensor(merged, 'output.weight'), expected(headValues, change, 2));
    const normValues = Object.values(norm)[0]!.values;
    expect(await mergedTensor(merged, 'output_norm.weight')).toEqual(normValues);
  });

  it('rescales the rows of a DoRA adapter to their trained norms', async () => {
    const base = await buildSmallLlama();
    const before = await readFloats(tensorNamed(base, 'blk.0.attn_k.weight'));
    const factors = linearFactors(`${layer}.self_attn.k_proj`, [4, 8, 4], 3);
    const magnitude = seededFloats(8, 4).map((value) => 2 + value);
    const adapter = await adapterOf(
      {
        ...factors,
        [`base_model.model.${layer}.self_attn.k_proj.lora_magnitude_vector`]: {
          shape: [4],
          values: magnitude,
        },
      },
      { use_dora: true },
    );
    const merged = await mergeAdapters(base, [{ adapter, weight: 1 }], sum);
    const result = await mergedTensor(merged, 'blk.0.attn_k.weight');
    const source = [0, 2, 1, 3];
    const direction = expected(before, factors, 2, (row) => source[row]!);
    for (let row = 0; row < 4; row++) {
      const values = direction.slice(row * 8, row * 8 + 8);
      const norm = Math.hypot(...values);
      const scale = magnitude[source[row]!]! / norm;
      expectClose(
        result.subarray(row * 8, row * 8 + 8),
        values.map((value) => scale * value),
      );
    }
  });

  it('gives TIES its thresholds and DARE keys that differ between equally named adapters', async () => {
    const adapters = async () => [
      { adapter: await adapterOf(upProj(1)), weight: 1 },
      { adapter: await adapterOf(upProj(2)), weight: 1 },
    ];
    const load = async (options: MergeOptions) => {
      const merged = await mergeAdapters(await buildSmallLlama(), await adapters(), options);
      return tensorNamed(merged, 'blk.0.ffn_up.weight').loadCombination?.();
    };
    const ties = await load({ method: 'ties', density: 0.25 });
    expect(ties?.method === 'ties' && [...ties.thresholds].every((value) => value > 0)).toBe(true);
    const dare = await load({ method: 'dare', seed: 3 });
    expect(dare).toMatchObject({ method: 'dare', density: 0.5 });
    expect(dare?.method === 'dare' && new Set(dare.keys).size).toBe(4);
    expect(dare).toEqual(await load({ method: 'dare', seed: 3 }));
    expect(dare).not.toEqual(await load({ method: 'dare', seed: 4 }));
  });
});

describe('mergeAdapters refuses', () => {
  const merge = async (
    tensors: Record<string, PeftTensor>,
    config: Record<string, unknown> = {},
    options: { tied?: boolean; weight?: number; merge?: MergeOptions } = {},
  ) =>
    mergeAdapters(
      await buildSmallLlama({ tied: options.tied ?? false }),
      [{ adapter: await adapterOf(tensors, config), weight: options.weight ?? 1 }],
      options.merge ?? sum,
    );

  it('an adapter of another base, naming the first tensor that differs and both shapes', async () => {
    const tensors = { ...upProj(1), ...linearFactors(`${layer}.mlp.down_proj`, [8, 16, 4], 1) };
    const run = merge(tensors, { base_model_name_or_path: 'someone/else-7b' });
    await expectRefusalOf(
      run,
      'adapter/wrong-base',
      `${layer}.mlp.down_proj.weight`,
      '[16, 8]',
      '[12, 8]',
    );
    await expect(run).rejects.toMatchObject({
      hint: expect.stringContaining('someone/else-7b') as string,
    });
  });

  it('a module that the base does not have', async () => {
    await expectRefusalOf(
      merge(linearFactors('model.layers.1.mlp.up_proj', [12, 8, 4], 1)),
      'adapter/wrong-base',
      'has no "model.layers.1.mlp.up_proj.weight"',
    );
    await expectRefusalOf(
      merge({ ...upProj(1), ...saved('score.weight', [2, 8]) }),
      'adapter/wrong-base',
      'score.weight',
    );
  });

  it('one side of a tied embedding', async () => {
    const head = linearFactors('lm_head', [6, 8, 4], 1);
    await expectRefusalOf(merge(head, {}, { tied: true }), 'adapter/unsupported', 'lm_head.weight');
    const embedding = {
      'base_model.model.model.embed_tokens.lora_embedding_A': {
        shape: [4, 6],
        values: seededFloats(1, 24),
      },
      'base_model.model.model.embed_tokens.lora_embedding_B': {
        shape: [8, 4],
        values: seededFloats(2, 32),
      },
    };
    await expectRefusalOf(
      merge(embedding, {}, { tied: true }),
      'adapter/unsupported',
      'the output layer',
    );
    await expectRefusalOf(
      merge(saved('lm_head.weight', [6, 8]), {}, { tied: true }),
      'adapter/unsupported',
      'the token embedding',
    );
    const different = {
      ...saved('lm_head.weight', [6, 8], 1),
      ...saved('model.embed_tokens.weight', [6, 8], 2),
    };
    await expectRefusalOf(
      merge(different, {}, { tied: true }),
      'adapter/unsupported',
      'one matrix',
    );
  });

  it('but not a saved embedding that stays tied to the output', async () => {
    const embedding = saved('model.embed_tokens.weight', [6, 8], 2);
    const values = Object.values(embedding)[0]!.values;
    const same = { ...saved('lm_head.weight', [6, 8], 2), ...embedding };
    const [both, declared] = await Promise.all([
      merge(same, {}, { tied: true }),
      merge(embedding, { ensure_weight_tying: true }, { tied: true }),
    ]);
    expect(await mergedTensor(both, 'token_embd.weight')).toEqual(values);
    expect(await mergedTensor(declared, 'token_embd.weight')).toEqual(values);
  });

  it('a saved vocabulary of another size, and says so', async () => {
    await expect(merge(saved('lm_head.weight', [7, 8]))).rejects.toMatchObject({
      code: 'adapter/wrong-base',
      hint: expect.stringContaining('resized vocabulary') as string,
    });
  });

  it('whole tensors with a scale or by TIES', async () => {
    const tensors = saved('lm_head.weight', [6, 8]);
    await expectRefusalOf(merge(tensors, {}, { weight: 0.5 }), 'adapter/unsupported', 'scale 0.5');
    await expectRefusalOf(
      merge(tensors, {}, { merge: { method: 'ties' } }),
      'adapter/unsupported',
      'TIES',
    );
  });

  it('two adapters that replace the same tensor', async () => {
    const tensors = saved('lm_head.weight', [6, 8]);
    const run = mergeAdapters(
      await buildSmallLlama(),
      [
        { adapter: await adapterOf(tensors, {}, 'one'), weight: 1 },
        { adapter: await adapterOf(tensors, {}, 'two'), weight: 1 },
      ],
      sum,
    );
    await expectRefusalOf(run, 'adapter/unsupported', 'one and two both replace output.weight');
  });

  it('activated LoRAs and options out of range', async () => {
    const tokens = { alora_invocation_tokens: [1, 2] };
    await expectRefusalOf(merge(upProj(1), tokens), 'adapter/unsupported', 'activated');
    await expectRefusalOf(merge(upProj(1), {}, { weight: NaN }), 'usage/invalid', 'not a number');
    await expectRefusalOf(
      merge(upProj(1), {}, { merge: { method: 'dare', density: 0 } }),
      'usage/invalid',
      'density is 0',
    );
    await expectRefusalOf(
      mergeAdapters(await buildSmallLlama(), [], sum),
      'usage/invalid',
      'No adapter',
    );
  });
});
