// Gemma 3, text models: Gemma 2's layout with norms on queries and keys, and a rotary base of its own for local
// attention. Reference: conversion/gemma.py (Gemma3Model); defaults: Gemma3TextConfig of transformers 4.57.6.
import { StudioError } from '#src/errors/studio-error.ts';
import { float32Entry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ArchitectureFamily } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import { queryKeyNormRows, readDecoderSizes } from './decoder-rows.ts';
import { gemmaRows, normShift } from './gemma-rows.ts';
import {
  findCount,
  findNumber,
  isSet,
  requireCount,
  requireNumber,
  withDefaults,
} from './hyperparameters.ts';
import { checkRopeType, readRopeParameters } from './rope-parameters.ts';
import { transformerMetadata } from './transformer-metadata.ts';
import { gemma3Vocabulary } from './vocabulary/gemma-vocabulary.ts';
import { mergeEntries } from './vocabulary/merge-entries.ts';

const defaults = {
  vocab_size: 262_208,
  hidden_size: 2_304,
  intermediate_size: 9_216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  rope_local_base_freq: 10_000,
  sliding_window: 4_096,
};

export const gemma3: ArchitectureFamily = {
  name: 'gemma3',
  huggingFaceNames: ['Gemma3ForCausalLM'],
  configure(source) {
    const config = withBidirectionalWindow(withDefaults(source, defaults));
    const sizes = readDecoderSizes(config);
    const rope = readRopeParameters(config);
    checkRopeType(rope);
    if (findNumber(config, ['attn_logit_softcapping']) !== undefined) {
      throw new StudioError(
        'architecture/unsupported',
        'config.json: attn_logit_softcapping is set, which llama.cpp does not apply to Gemma 3.',
        { hint: 'Published Gemma 3 models leave it null; fetch config.json again.' },
      );
    }
    const finalSoftcapping = findNumber(config, ['final_logit_softcapping']) ?? 0;
    return configured({
      ggufName: 'gemma3',
      blockCount: sizes.blocks,
      vocabularySize: sizes.vocabulary,
      hyperparameters: config,
      vocabulary: gemma3Vocabulary,
      table: {
        prefixes: ['model.', ''],
        rows: [
          ...gemmaRows(sizes).map((row) =>
            row.name === 'token_embd.weight' ? { ...row, rowLimit: 'vocabulary' as const } : row,
          ),
          ...queryKeyNormRows(sizes, normShift),
        ],
      },
      // The reference sets several keys twice; the second value takes the first one's place.
      metadata: ({ fileType }) =>
        mergeEntries(transformerMetadata('gemma3', config, rope, fileType), [
          uint32Entry('gemma3.context_length', requireCount(config, 'max_position_embeddings')),
          uint32Entry('gemma3.attention.head_count', sizes.heads),
          float32Entry(
            'gemma3.attention.layer_norm_rms_epsilon',
            requireNumber(config, 'rms_norm_eps'),
          ),
          uint32Entry('gemma3.attention.key_length', sizes.headLength),
          uint32Entry('gemma3.attention.value_length', sizes.headLength),
          float32Entry('gemma3.rope.freq_base', findNumber(rope.full, ['rope_theta']) ?? 1_000_000),
          ...(finalSoftcapping === 0
            ? []
            : [float32Entry('gemma3.final_logit_softcapping', finalSoftcapping)]),
          ...(findCount(config, ['sliding_window_pattern']) === 1
            ? []
            : [
                uint32Entry(
                  'gemma3.attention.sliding_window',
                  requireCount(config, 'sliding_window'),
                ),
              ]),
          uint32Entry('gemma3.attention.head_count_kv', sizes.keyValueHeads),
        ]),
    });
  },
};

/** A bidirectional window counts both sides; transformers keeps half of it plus the token itself. */
function withBidirectionalWindow(config: HuggingFaceConfig): HuggingFaceConfig {
  const window = findCount(config, ['sliding_window']);
  if (!isSet(config, 'use_bidirectional_attention') || window === undefined) return config;
  return { ...config, sliding_window: Math.floor(window / 2) + 1 };
}
