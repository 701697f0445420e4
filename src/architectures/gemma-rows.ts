// What Gemma 2 and 3 share: norms before and after both halves of a layer, all stored as weight − 1.
import type { TensorTransform } from './architecture.ts';
import {
  attentionRows,
  embeddingRows,
  gatedFeedForwardRows,
  type DecoderSizes,
} from './decoder-rows.ts';
import type { TensorRow } from './tensor-table.ts';

/** Gemma's RMS norm multiplies with 1 + weight; llama.cpp multiplies with the weight. */
export const normShift: readonly TensorTransform[] = [{ op: 'add-scalar', value: 1 }];

export function gemmaRows(sizes: DecoderSizes): TensorRow[] {
  const norm = (name: string, checkpoint: string): TensorRow => ({
    name: `blk.{b}.${name}.weight`,
    checkpoint: `layers.{b}.${checkpoint}.weight`,
    shape: [sizes.embedding],
    transforms: normShift,
  });
  return [
    // Gemma's output is always tied to the embedding.
    ...embeddingRows(sizes, false).map((row) =>
      row.name === 'output_norm.weight' ? { ...row, transforms: normShift } : row,
    ),
    norm('attn_norm', 'input_layernorm'),
    norm('post_attention_norm', 'post_attention_layernorm'),
    norm('ffn_norm', 'pre_feedforward_layernorm'),
    norm('post_ffw_norm', 'post_feedforward_layernorm'),
    ...attentionRows(sizes, { biases: 'none' }),
    ...gatedFeedForwardRows(sizes, false),
  ];
}
