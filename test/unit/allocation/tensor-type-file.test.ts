import { describe, expect, it } from 'vitest';
import {
  anchoredPattern,
  formatTensorTypeFile,
  parseTensorTypeFile,
  typeInFile,
} from '#src/allocation/tensor-type-file.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const types = Object.keys(ggmlTypes) as GgmlType[];

describe('a tensor type file', () => {
  it('gives every tensor its own type back, whatever it is called', () => {
    const random = mulberry32(1);
    const names = [
      'token_embd.weight',
      'blk.1.ffn_down.weight',
      'blk.11.ffn_down.weight',
      'blk.1.ffn_down.weight.lora_a',
      'Vision.Encoder.weight',
      'odd name=(x)[1]+.weight',
      'naïve.weight',
    ];
    const tensors = names.map((name) => ({
      name,
      type: types[Math.floor(random() * types.length)]!,
    }));
    const entries = parseTensorTypeFile(formatTensorTypeFile(tensors), 'F');
    for (const { name, type } of tensors) expect(typeInFile(entries, name)).toBe(type);
  });

  it('anchors the pattern, so that layer 1 does not decide over layer 11', () => {
    expect(anchoredPattern('blk.12.ffn_down.weight')).toBe('^blk\\.12\\.ffn_down\\.weight$');
  });

  it('refuses names that the form cannot tell apart', () => {
    const tensors = [
      { name: 'A.weight', type: 'Q4_K' },
      { name: 'B.weight', type: 'Q8_0' },
    ] as const;
    expect(() => formatTensorTypeFile(tensors)).toThrow(/B\.weight apart/);
  });

  it.each(['attn_v', '=q4_k', 'attn_v=', 'attn_v=q4_x'])('refuses "%s"', async (word) => {
    const parsed = Promise.resolve().then(() => parseTensorTypeFile(`a=q4_k ${word}`, 'F'));
    await expectRefusal(parsed, 'usage/invalid');
  });
});
