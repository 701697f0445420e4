import { describe, expect, it } from 'vitest';
import { readDryRun } from '#src/stages/quantize/dry-run.ts';

const names = ['token_embd.weight', 'blk.0.attn_norm.weight', 'blk.0.ffn_down.weight'];
const lines = [
  'llama_model_loader: loaded meta data',
  'warning: blk.0.ffn_down.weight                - ncols    896 not divisible by 256 (required for type    q4_K) -> falling back to    q5_0',
  '[   1/   3] token_embd.weight                    - [   896,     32,      1,      1], type =    f16, size =     0.05 MiB ->     0.02 MiB (q6_K)',
  '[   2/   3] blk.0.attn_norm.weight               - [   896,      1,      1,      1], type =    f32, size =    0.003 MiB',
  '[   3/   3] blk.0.ffn_down.weight                - [   896,    128,      1,      1], type =    f16, size =     0.22 MiB ->     0.08 MiB (q5_0)',
  'llama_model_quantize_impl: quant size  =     0.10 MiB (5.00 BPW)',
];
const log = (text: readonly string[]) => ({ ok: true, lines: text, reason: '' });

describe('reading a dry run', () => {
  it('finds the type of every tensor and the fallbacks', () => {
    const report = readDryRun(log(lines), names);
    expect(report.types).toEqual(['Q6_K', 'F32', 'Q5_0']);
    expect(report.fallbacks).toEqual([
      { tensor: 'blk.0.ffn_down.weight', columns: 896, wanted: 'Q4_K', used: 'Q5_0' },
    ]);
  });

  it('gives the reason when llama.cpp refused', () => {
    const refused = { ok: false, lines: [], reason: 'unknown architecture' };
    expect(() => readDryRun(refused, names)).toThrow('cannot quantize this model: unknown arch');
    const pattern = { ...refused, reason: 'failed to quantize: Parenthesis is not closed.' };
    expect(() => readDryRun(pattern, names)).toThrow(/ not closed\.$/);
  });

  it.each([
    ['a tensor is missing', lines.slice(0, -2)],
    ['the order is another one', [...lines.slice(0, 2), ...lines.slice(3)]],
    ['a name differs', lines.map((line) => line.replace('attn_norm', 'attn_none'))],
    ['a type is unknown', lines.map((line) => line.replace('q6_K', 'q9_X'))],
  ])('refuses a log in which %s', (_, text) => {
    expect(() => readDryRun(log(text), names)).toThrow('cannot be read');
  });
});
