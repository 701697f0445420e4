import { describe, expect, it } from 'vitest';
import {
  filterImportance,
  importanceOf,
  needsImportance,
  type Importance,
} from '#src/stages/quantize/importance.ts';
import { levels } from '#src/tensors/levels.ts';

const importance: Importance = {
  path: 'some.imatrix.gguf',
  datasets: [],
  chunkCount: 1,
  weights: new Map([
    ['blk.0.attn_q.weight', new Float32Array(8)],
    ['blk.0.ffn_up_exps.weight', new Float32Array(24)],
    ['blk.1.attn_q.weight', new Float32Array(8)],
    ['token_embd.weight', new Float32Array(3)],
  ]),
};
const names = ({ weights }: Importance) => [...weights.keys()];

describe('choosing entries of a matrix', () => {
  it('drops what an excluded part is in', () => {
    const kept = filterImportance(importance, { exclude: ['attn_q', 'embd'] });
    expect(names(kept)).toEqual(['blk.0.ffn_up_exps.weight']);
  });

  it('keeps only what an included part is in', () => {
    const kept = filterImportance(importance, { include: ['blk.1', 'exps'] });
    expect(names(kept)).toEqual(['blk.0.ffn_up_exps.weight', 'blk.1.attn_q.weight']);
  });

  it('keeps everything without a choice', () => {
    expect(names(filterImportance(importance, {}))).toEqual(names(importance));
  });
});

describe('the weights of a tensor', () => {
  it('are one per column, for every expert', () => {
    const attention = { name: 'blk.0.attn_q.weight', shape: [8, 8] };
    expect(importanceOf(importance, attention)).toHaveLength(8);
    const experts = { name: 'blk.0.ffn_up_exps.weight', shape: [8, 5, 3] };
    expect(importanceOf(importance, experts)).toHaveLength(24);
  });

  it('are absent for tensors that the matrix does not have', () => {
    expect(importanceOf(importance, { name: 'output.weight', shape: [8, 8] })).toBeUndefined();
  });

  it('of another size are refused, but left out for token embeddings', () => {
    const wrong = { name: 'blk.0.attn_q.weight', shape: [16, 8] };
    expect(() => importanceOf(importance, wrong)).toThrow('8 weights for blk.0.attn_q.weight');
    const embedding = { name: 'token_embd.weight', shape: [8, 4] };
    expect(importanceOf(importance, embedding)).toBeUndefined();
  });
});

describe('needing weights', () => {
  const q4 = levels.Q4_K_M.fileType;

  it('is a matter of very low bits, except for embeddings and output', () => {
    expect(needsImportance('blk.0.attn_q.weight', 'IQ3_XXS', q4)).toBe(true);
    expect(needsImportance('blk.0.attn_q.weight', 'IQ3_S', q4)).toBe(false);
    expect(needsImportance('output.weight', 'IQ3_XXS', q4)).toBe(false);
    expect(needsImportance('token_embd.weight', 'IQ2_S', q4)).toBe(false);
  });

  it('holds for Q2_K only as part of Q2_K_S', () => {
    expect(needsImportance('blk.0.attn_q.weight', 'Q2_K', levels.Q2_K.fileType)).toBe(false);
    expect(needsImportance('blk.0.attn_q.weight', 'Q2_K', levels.Q2_K_S.fileType)).toBe(true);
  });

  it('holds for every tensor of the types that libggml aborts on', () => {
    for (const type of ['IQ2_XXS', 'IQ2_XS', 'IQ1_S'] as const) {
      expect(needsImportance('token_embd.weight', type, q4)).toBe(true);
    }
  });
});
