import { describe, expect, it } from 'vitest';
import { float32Entry, stringEntry, uint32ArrayEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { ggufAdapterOf, isGgufAdapter } from '#src/model/open-gguf-adapter.ts';
import { openModel } from '#test/helpers/build-base-model.ts';
import { buildGguf, type TestTensor } from '#test/helpers/build-gguf.ts';
import { encodeRows } from '#test/helpers/encode-rows.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const lora = [
  stringEntry('general.architecture', 'llama'),
  stringEntry('general.type', 'adapter'),
  stringEntry('adapter.type', 'lora'),
  float32Entry('adapter.lora.alpha', 6),
];
const six = Float32Array.of(1, 2, 3, 4, 5, 6);
const pair: TestTensor[] = [
  { name: 'blk.0.attn_q.weight.lora_a', shape: [3, 2], data: six },
  { name: 'blk.0.attn_q.weight.lora_b', shape: [2, 3], data: six },
];

const adapterOf = async (tensors: TestTensor[], metadata: GgufEntry[] = lora) =>
  ggufAdapterOf(await openModel(buildGguf({ metadata, tensors }), 'folder/finance.gguf'));

describe('ggufAdapterOf', () => {
  it('reads pairs under the names of the tensors that they change', async () => {
    const adapter = await adapterOf(pair);
    expect(adapter).toMatchObject({ name: 'finance', naming: 'gguf', architecture: 'llama' });
    const module = adapter.modules[0]!;
    expect(module).toMatchObject({
      weightName: 'blk.0.attn_q.weight',
      rank: 2,
      rows: 3,
      columns: 3,
      alpha: 6,
    });
    expect(await module.readFactors()).toEqual({ a: six, b: six });
  });

  it('reads factors in half precision', async () => {
    const halves = pair.map((tensor, index) => {
      const type = index === 0 ? ('F16' as const) : ('BF16' as const);
      return { ...tensor, type, data: encodeRows(six, type) };
    });
    const adapter = await adapterOf(halves);
    expect(adapter.modules[0]?.storedTypes).toEqual(['F16', 'BF16']);
    expect(await adapter.modules[0]!.readFactors()).toEqual({ a: six, b: six });
  });

  it('takes alpha 0 for a scale of 1, as llama.cpp does', async () => {
    const adapter = await adapterOf(pair, lora.slice(0, 3));
    expect(adapter.modules[0]?.alpha).toBe(2);
  });

  it('turns the flipped factors of a token embedding', async () => {
    const adapter = await adapterOf([
      { name: 'token_embd.weight.lora_a', shape: [2, 3], data: six },
      { name: 'token_embd.weight.lora_b', shape: [2, 3], data: six },
    ]);
    const module = adapter.modules[0]!;
    expect(module).toMatchObject({ kind: 'embedding', rank: 2, rows: 3, columns: 3 });
    expect(await module.readFactors()).toEqual({ a: Float32Array.of(1, 3, 5, 2, 4, 6), b: six });
  });

  it('leaves norms out with a notice and reads invocation tokens', async () => {
    const adapter = await adapterOf(
      [...pair, { name: 'blk.0.attn_norm.weight', shape: [3] }],
      [...lora, uint32ArrayEntry('adapter.alora.invocation_tokens', [7, 8])],
    );
    expect(adapter.notices.join()).toContain('blk.0.attn_norm.weight');
    expect(adapter.invocationTokens).toEqual([7, 8]);
  });

  it('refuses models, other adapters and tensors that do not pair', async () => {
    const invalid = (tensors: TestTensor[], text: string, metadata = lora) =>
      expectRefusal(adapterOf(tensors, metadata), 'adapter/invalid', text);
    await invalid(pair, 'general.type is "model"', lora.slice(0, 1));
    const control = stringEntry('adapter.type', 'control');
    await invalid(pair, 'type "control"', [...lora.slice(0, 2), control]);
    await invalid(pair.slice(0, 1), 'only the lora_a');
    await invalid([], 'holds no LoRA tensors');
    await invalid([...pair, { name: 'blk.0.attn_q.bias', shape: [3] }], 'blk.0.attn_q.bias');
    await invalid([pair[0]!, { ...pair[1]!, shape: [3, 2] }], 'do not fit');
  });

  it('refuses quantized factors and values that are not finite', async () => {
    const quantized: TestTensor[] = [
      { name: 'x.weight.lora_a', shape: [32, 2], type: 'Q8_0' },
      { name: 'x.weight.lora_b', shape: [2, 3] },
    ];
    await expectRefusal(adapterOf(quantized), 'tensor/unsupported-type', 'Q8_0');
    const adapter = await adapterOf([pair[0]!, { ...pair[1]!, data: six.map(() => Infinity) }]);
    await expectRefusal(adapter.modules[0]!.readFactors(), 'adapter/invalid', 'Infinity');
  });

  it('is recognized by its general.type', async () => {
    const model = await openModel(buildGguf({ metadata: lora }));
    expect(isGgufAdapter(model)).toBe(true);
    expect(isGgufAdapter(await openModel(buildGguf({})))).toBe(false);
  });
});
