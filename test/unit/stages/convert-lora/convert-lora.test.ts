import { describe, expect, it } from 'vitest';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import { metadataValue, type ModelView } from '#src/model/model-view.ts';
import { ggufAdapterOf } from '#src/model/open-gguf-adapter.ts';
import { convertLora, convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfConfig, baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import {
  buildSmallLlama,
  openModel,
  readFloats,
  readTensorBytes,
  tensorNamed,
} from '#test/helpers/build-base-model.ts';
import { decodeRows } from '#test/helpers/encode-rows.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { linearFactors, peftFolder, type PeftTensor } from '#test/helpers/build-peft-adapter.ts';
import { modelBytes } from '#test/helpers/model-bytes.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const layer = 'model.layers.0';
const upProj = linearFactors(`${layer}.mlp.up_proj`, [12, 8, 4], 1);
const qProj = linearFactors(`${layer}.self_attn.q_proj`, [8, 8, 4], 5);

async function convert(
  tensors: Record<string, PeftTensor>,
  config: Record<string, unknown> = {},
  base?: ModelView,
) {
  const adapter = await openPeftAdapter(peftFolder({ tensors, config, name: 'my-adapter' }));
  return convertLora(adapter, baseOfModel(base ?? (await buildSmallLlama())), { outtype: 'f32' });
}

/** Every touched tensor of a merge, row by row. */
async function mergedRows(model: ModelView): Promise<Record<string, Float32Array>> {
  const result: Record<string, Float32Array> = {};
  for (const tensor of model.tensors) {
    const combination = await tensor.loadCombination?.();
    if (combination === undefined) continue;
    const rows = await readFloats(tensor);
    combineRows(rows, 0, tensor.shape[1] ?? 1, tensor.shape[0] ?? 1, combination);
    result[tensor.name] = rows;
  }
  return result;
}

describe('convertLora', () => {
  it('writes metadata in the order of the reference', async () => {
    const converted = await convert(upProj);
    expect(converted.metadata.map(({ key, value }) => [key, value.value])).toEqual([
      ['general.architecture', 'llama'],
      ['general.type', 'adapter'],
      ['adapter.type', 'lora'],
      ['general.name', 'My Adapter'],
      ['adapter.lora.alpha', 8],
      ['general.quantization_version', 2],
    ]);
  });

  it('puts the root of the rank into the alpha of an rsLoRA and leaves the factors', async () => {
    const converted = await convert(upProj, { use_rslora: true });
    // scale = alpha/√r = 8/2, which llama.cpp computes as alpha_file / 4
    expect(metadataValue(converted, 'adapter.lora.alpha')).toMatchObject({ value: 16 });
    const b = await readFloats(tensorNamed(converted, 'blk.0.ffn_up.weight.lora_b'));
    expect(b).toEqual(Object.values(upProj)[1]!.values);
  });

  it('bakes the alpha of a pattern into B, where the file has one alpha only', async () => {
    const converted = await convert({ ...upProj, ...qProj }, { alpha_pattern: { up_proj: 12 } });
    expect(metadataValue(converted, 'adapter.lora.alpha')).toMatchObject({ value: 8 });
    const b = await readFloats(tensorNamed(converted, 'blk.0.ffn_up.weight.lora_b'));
    expect(b).toEqual(Object.values(upProj)[1]!.values.map((value) => value * 1.5));
  });

  it('keeps a rank of its own for every module and its scale with it', async () => {
    const tensors = { ...upProj, ...linearFactors(`${layer}.mlp.gate_proj`, [12, 8, 2], 7) };
    const config = { use_rslora: true, rank_pattern: { gate_proj: 2 } };
    const converted = await convert(tensors, config);
    const gate = tensorNamed(converted, 'blk.0.ffn_gate.weight.lora_b');
    expect(gate.shape).toEqual([2, 12]);
    // wanted 8/√2; llama.cpp applies alpha_file/2 = 16/2, so B carries the rest
    const factor = 8 / Math.SQRT2 / 8;
    const before = Object.values(tensors)[3]!.values;
    expect(await readFloats(gate)).toEqual(before.map((value) => value * factor));
  });

  it.each([{}, { use_rslora: true }, { alpha_pattern: { q_proj: 3 } }])(
    'gives a file that merges as the PEFT folder does (%j)',
    async (config) => {
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
      const tensors = { ...upProj, ...qProj, ...embedding };
      const file = await modelBytes(await convert(tensors, config));
      const fromFile = ggufAdapterOf(await openModel(file, 'my-adapter.gguf'));
      const fromFolder = await openPeftAdapter(peftFolder({ tensors, config }));
      const merge = async (adapter: typeof fromFile) =>
        mergedRows(
          await mergeAdapters(await buildSmallLlama(), [{ adapter, weight: 1 }], { method: 'sum' }),
        );
      const [actual, wanted] = [await merge(fromFile), await merge(fromFolder)];
      expect(Object.keys(actual)).toEqual([
        'token_embd.weight',
        'blk.0.attn_q.weight',
        'blk.0.ffn_up.weight',
      ]);
      for (const [name, rows] of Object.entries(wanted)) {
        // Baking rounds B once more
        rows.forEach((value, index) => expect(actual[name]![index]).toBeCloseTo(value, 5));
        if (!('alpha_pattern' in config)) expect(actual[name]).toEqual(rows);
      }
    },
  );

  it("does not transpose the product over GPT-2's Conv1D layers", async () => {
    const root = new URL('../../../../assets/seedling/', import.meta.url).pathname;
    const config = await readJsonObject(await openFolder(`${root}seedling-gpt2-4m`), 'config.json');
    const folder = await openFolder(`${root}adapters-gpt2/conditions`);
    const converted = await convertPeftFolder(folder, baseOfConfig(config, 'base'), 'f16');
    expect(tensorNamed(converted, 'blk.0.attn_qkv.weight.lora_a').shape).toEqual([256, 8]);
    expect(tensorNamed(converted, 'blk.0.attn_qkv.weight.lora_b').shape).toEqual([8, 768]);
    expect(tensorNamed(converted, 'blk.0.ffn_down.weight.lora_a').shape).toEqual([1024, 8]);
    // The square c_proj, which the reference mixes up silently: A is PEFT's A
    const adapter = await openPeftAdapter(folder);
    const module = adapter.modules.find(({ weightName }) => weightName.includes('attn.c_proj'))!;
    const { a } = await module.readFactors();
    const bytes = await readTensorBytes(tensorNamed(converted, 'blk.0.attn_output.weight.lora_a'));
    expect(decodeRows(bytes, 'F16', a.length)).toEqual(a);
    await Promise.all([adapter.close(), converted.close()]);
  });

  it('keeps trained norms as the reference does and says that llama.cpp ignores them', async () => {
    const norm = { shape: [8], values: seededFloats(3, 8), dtype: 'F16' as const };
    const converted = await convert({
      ...upProj,
      [`base_model.model.${layer}.input_layernorm.weight`]: norm,
    });
    expect(converted.tensors[0]).toMatchObject({ name: 'blk.0.attn_norm.weight', type: 'F32' });
    expect(converted.notices.join()).toContain('llama.cpp ignores them');
  });

  it('keeps the invocation tokens of an activated LoRA', async () => {
    const converted = await convert(upProj, { alora_invocation_tokens: [3, 1] });
    expect(metadataValue(converted, 'adapter.alora.invocation_tokens')).toMatchObject({
      elementType: 'uint32',
      value: Uint32Array.of(3, 1),
    });
  });

  it('refuses what an adapter file cannot hold', async () => {
    const magnitude = { shape: [12], values: seededFloats(3, 12) };
    const dora = { ...upProj, [`base_model.model.${layer}.mlp.up_proj.lora_magnitude_vector`]: magnitude }; // prettier-ignore
    await expectRefusal(convert(dora, { use_dora: true }), 'adapter/unsupported', 'DoRA');
    const head = { shape: [6, 8], values: seededFloats(3, 48) };
    await expectRefusal(
      convert({ ...upProj, 'base_model.model.lm_head.weight': head }),
      'adapter/unsupported',
      'lm_head.weight',
    );
  });

  it('refuses an adapter of another base before anything is read', async () => {
    const refusal = await expectRefusal(
      convert(linearFactors(`${layer}.mlp.up_proj`, [13, 8, 4], 1), {
        base_model_name_or_path: 'other',
      }),
      'adapter/wrong-base',
      /up_proj\.weight" is \[8, 13\].*blk\.0\.ffn_up\.weight.*\[8, 12\]/,
    );
    expect(refusal.hint).toContain('"other"');
  });

  it('chooses the stored 16-bit type for auto', async () => {
    const tensors = linearFactors(`${layer}.mlp.up_proj`, [12, 8, 4], 1, 'BF16');
    const base = baseOfModel(await buildSmallLlama());
    const converted = await convertPeftFolder(peftFolder({ tensors }), base, 'auto');
    expect(converted.tensors.map(({ type }) => type)).toEqual(['BF16', 'BF16']);
    // The values went through F32 and back without a change
    const bytes = await readTensorBytes(converted.tensors[0]!);
    const stored = new Uint32Array(Object.values(tensors)[0]!.values.slice().buffer);
    const upper = (stored[0]! + 0x7fff + ((stored[0]! >>> 16) & 1)) >>> 16;
    expect(new Uint16Array(bytes.buffer)[0]).toBe(upper);
  });
});
