// Llama and its relatives: Llama 2 and 3, SmolLM2, TinyLlama. Reference: conversion/llama.py of llama.cpp v0.5.0;
// defaults: LlamaConfig of transformers 4.57.6, the release that the reference pins.
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ArchitectureFamily, ConfiguredArchitecture } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import {
  attentionRows,
  embeddingRows,
  gatedFeedForwardRows,
  hasOutputMatrix,
  preNormRows,
  readDecoderSizes,
} from './decoder-rows.ts';
import { isSet, withDefaults } from './hyperparameters.ts';
import { llama3RopeFactors } from './llama3-rope-factors.ts';
import { checkRopeType, readRopeParameters } from './rope-parameters.ts';
import { transformerMetadata } from './transformer-metadata.ts';
import { llamaVocabulary } from './vocabulary/llama-vocabulary.ts';

const defaults = {
  vocab_size: 32_000,
  hidden_size: 4_096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  max_position_embeddings: 2_048,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

export const llama: ArchitectureFamily = {
  name: 'llama',
  huggingFaceNames: ['LlamaForCausalLM', 'LLaMAForCausalLM', 'LlamaModel'],
  configure(config) {
    const filled = withDefaults(config, defaults);
    const sizes = readDecoderSizes(filled);
    return configureLlama({
      ...filled,
      num_key_value_heads: sizes.keyValueHeads,
      head_dim: sizes.headLength,
    });
  },
};

/** Llama's layout for a configuration that already holds the defaults of its own family (also Mistral's). */
export function configureLlama(config: HuggingFaceConfig): ConfiguredArchitecture {
  const sizes = readDecoderSizes(config);
  const rope = readRopeParameters(config);
  checkRopeType(rope);
  return configured({
    ggufName: 'llama',
    blockCount: sizes.blocks,
    vocabularySize: sizes.vocabulary,
    hyperparameters: config,
    vocabulary: llamaVocabulary,
    table: {
      prefixes: ['model.', ''],
      rows: [
        ...embeddingRows(sizes, hasOutputMatrix(config)),
        ...preNormRows(sizes),
        ...attentionRows(sizes, {
          biases: isSet(config, 'attention_bias') ? 'all' : 'none',
          permuted: true,
        }),
        ...gatedFeedForwardRows(sizes, isSet(config, 'mlp_bias')),
      ],
    },
    generatedTensors:
      rope.type === 'llama3'
        ? [{ name: 'rope_freqs.weight', values: llama3RopeFactors(rope, sizes.headLength) }]
        : [],
    metadata: ({ fileType }) => [
      ...transformerMetadata('llama', config, rope, fileType),
      uint32Entry('llama.vocab_size', sizes.vocabulary),
      uint32Entry('llama.rope.dimension_count', sizes.headLength),
    ],
  });
}
