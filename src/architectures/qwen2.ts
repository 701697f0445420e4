// Qwen 2 and 2.5: Llama's layout without the permutation, with biases on q, k and v. Reference: conversion/qwen.py;
// defaults: Qwen2Config of transformers 4.57.6.
import type { ArchitectureFamily, ConfiguredArchitecture } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import {
  attentionRows,
  embeddingRows,
  gatedFeedForwardRows,
  hasOutputMatrix,
  preNormRows,
  queryKeyNormRows,
  readDecoderSizes,
  type AttentionOptions,
} from './decoder-rows.ts';
import { withDefaults } from './hyperparameters.ts';
import { poolingMetadata } from './pooling.ts';
import { checkRopeType, readRopeParameters } from './rope-parameters.ts';
import { transformerMetadata } from './transformer-metadata.ts';
import { qwenVocabulary } from './vocabulary/qwen-vocabulary.ts';

export const qwenDefaults = {
  vocab_size: 151_936,
  hidden_size: 4_096,
  intermediate_size: 22_016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  max_position_embeddings: 32_768,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

export const qwen2: ArchitectureFamily = {
  name: 'qwen2',
  huggingFaceNames: ['Qwen2ForCausalLM', 'Qwen2Model'],
  configure: (config) =>
    configureQwen('qwen2', withDefaults(config, qwenDefaults), {
      biases: 'query-key-value',
      queryKeyNorms: false,
    }),
};

/** Qwen 2 and 3 differ in biases and norms only. `config` holds the family's defaults. */
export function configureQwen(
  arch: 'qwen2' | 'qwen3',
  config: HuggingFaceConfig,
  options: AttentionOptions & { readonly queryKeyNorms: boolean },
): ConfiguredArchitecture {
  const sizes = readDecoderSizes(config);
  const filled = { ...config, num_key_value_heads: sizes.keyValueHeads };
  const rope = readRopeParameters(filled);
  checkRopeType(rope);
  return configured({
    ggufName: arch,
    blockCount: sizes.blocks,
    vocabularySize: sizes.vocabulary,
    hyperparameters: filled,
    vocabulary: qwenVocabulary,
    readsPooling: true,
    table: {
      prefixes: ['model.', ''],
      rows: [
        ...embeddingRows(sizes, hasOutputMatrix(config)),
        ...preNormRows(sizes),
        ...attentionRows(sizes, options),
        ...(options.queryKeyNorms ? queryKeyNormRows(sizes) : []),
        ...gatedFeedForwardRows(sizes, false),
      ],
    },
    metadata: ({ fileType, poolingType }) => [
      ...transformerMetadata(arch, filled, rope, fileType),
      ...poolingMetadata(arch, poolingType),
    ],
  });
}
