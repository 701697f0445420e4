// Gemma 2. Reference: conversion/gemma.py (Gemma2Model); defaults: Gemma2Config of transformers 4.57.6.
import { float32Entry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ArchitectureFamily } from './architecture.ts';
import { configured } from './configured.ts';
import { readDecoderSizes } from './decoder-rows.ts';
import { gemmaRows } from './gemma-rows.ts';
import { requireCount, requireNumber, withDefaults } from './hyperparameters.ts';
import { gemma2Vocabulary } from './vocabulary/gemma-vocabulary.ts';

const defaults = {
  vocab_size: 256_000,
  hidden_size: 2_304,
  intermediate_size: 9_216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 8_192,
  rms_norm_eps: 1e-6,
  sliding_window: 4_096,
  final_logit_softcapping: 30,
  attn_logit_softcapping: 50,
};

export const gemma2: ArchitectureFamily = {
  name: 'gemma2',
  huggingFaceNames: ['Gemma2ForCausalLM'],
  configure(source) {
    const config = withDefaults(source, defaults);
    const sizes = readDecoderSizes(config);
    return configured({
      ggufName: 'gemma2',
      blockCount: sizes.blocks,
      vocabularySize: sizes.vocabulary,
      hyperparameters: config,
      vocabulary: gemma2Vocabulary,
      table: {
        prefixes: ['model.', ''],
        rows: gemmaRows(sizes).filter((row) => row.name !== 'output.weight'),
        // Some quantizers store a copy of the tied output; llama.cpp has no place for it.
        skip: (name) => name === 'lm_head.weight',
      },
      metadata: ({ fileType }) => [
        uint32Entry('gemma2.context_length', requireCount(config, 'max_position_embeddings')),
        uint32Entry('gemma2.embedding_length', sizes.embedding),
        uint32Entry('gemma2.block_count', sizes.blocks),
        uint32Entry('gemma2.feed_forward_length', sizes.feedForward),
        uint32Entry('gemma2.attention.head_count', sizes.heads),
        uint32Entry('gemma2.attention.head_count_kv', sizes.keyValueHeads),
        float32Entry(
          'gemma2.attention.layer_norm_rms_epsilon',
          requireNumber(config, 'rms_norm_eps'),
        ),
        uint32Entry('gemma2.attention.key_length', sizes.headLength),
        uint32Entry('gemma2.attention.value_length', sizes.headLength),
        uint32Entry('general.file_type', fileType),
        float32Entry(
          'gemma2.attn_logit_softcapping',
          requireNumber(config, 'attn_logit_softcapping'),
        ),
        float32Entry(
          'gemma2.final_logit_softcapping',
          requireNumber(config, 'final_logit_softcapping'),
        ),
        uint32Entry('gemma2.attention.sliding_window', requireCount(config, 'sliding_window')),
      ],
    });
  },
};
