import { expect, it } from 'vitest';
import { tensorGrid } from '#renderer/features/compare/tensor-grid.ts';

const tensor = (name: string, type = 'Q4_K') => ({ name, type, weights: 256, bytes: 144 });

it('places tensors by layer and kind in the order of the computation', () => {
  const grid = tensorGrid({
    subject: 'Q4_K_M',
    tensors: [
      tensor('output_norm.weight', 'F32'),
      tensor('blk.10.ffn_down.weight'),
      tensor('blk.2.attn_q.weight'),
      tensor('blk.2.attn_q.bias', 'F32'),
      tensor('token_embd.weight'),
    ],
  });
  expect(grid.layers).toEqual([2, 10]);
  expect(grid.kinds).toEqual(['token_embd', 'attn_q', 'attn_q.bias', 'ffn_down', 'output_norm']);
  expect(grid.hasOutside).toBe(true);
  expect(grid.cells.find(({ kind }) => kind === 'ffn_down')?.layer).toBe(10);
});
