import { describe, expect, it } from 'vitest';
import { float32ArrayEntry, uint32ArrayEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { planPruning } from '#src/stages/quantize/prune-layers.ts';

const model = (...more: GgufEntry[]) => ({
  architecture: 'llama',
  metadata: [uint32Entry('llama.block_count', 4), ...more],
});

describe('pruning layers', () => {
  it('moves the layers behind a pruned one up', () => {
    const pruning = planPruning(model(), [2, 0, 2]);
    expect(pruning?.layers).toEqual([0, 2]);
    expect(pruning?.remainingLayers).toBe(2);
    expect(pruning?.rename('blk.0.attn_q.weight')).toBeUndefined();
    expect(pruning?.rename('blk.1.attn_q.weight')).toBe('blk.0.attn_q.weight');
    expect(pruning?.rename('blk.2.attn_q.weight')).toBeUndefined();
    expect(pruning?.rename('blk.3.ffn_up.weight')).toBe('blk.1.ffn_up.weight');
    expect(pruning?.rename('token_embd.weight')).toBe('token_embd.weight');
  });

  it('is nothing without layers', () => {
    expect(planPruning(model(), [])).toBeUndefined();
  });

  it.each([
    ['a layer behind the last', [4], 'layers 0 to 3'],
    ['a negative layer', [-1], 'no layer -1'],
    ['a half layer', [1.5], 'no layer 1.5'],
    ['every layer', [0, 1, 2, 3], 'no layer would remain'],
  ])('refuses %s', (_, layers, message) => {
    expect(() => planPruning(model(), layers)).toThrow(message);
  });

  it('refuses models with one metadata value per layer, naming the entry', () => {
    const perLayer = model(uint32ArrayEntry('llama.attention.head_count_kv', [2, 2, 1, 1]));
    expect(() => planPruning(perLayer, [1])).toThrow('llama.attention.head_count_kv');
  });

  it('accepts arrays that are not per layer', () => {
    const other = model(
      uint32ArrayEntry('llama.rope.dimension_sections', [1, 2, 3, 4]),
      float32ArrayEntry('llama.rope.factors', [1, 2, 3]),
      uint32ArrayEntry('tokenizer.ggml.token_type', [1, 1, 1, 1]),
    );
    expect(planPruning(other, [1])?.remainingLayers).toBe(3);
  });

  it('refuses models without a block count', () => {
    const unknown = { architecture: 'llama', metadata: [] };
    expect(() => planPruning(unknown, [1])).toThrow('llama.block_count');
  });
});
