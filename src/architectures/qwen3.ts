// Qwen 3: Qwen 2 with norms on queries and keys instead of biases. Reference: conversion/qwen.py; defaults:
// Qwen3Config of transformers 4.57.6. Rerankers, which the reference gives a classifier cut out of the output matrix,
// are refused (src/stages/convert/refuse-checkpoint.ts knows the folder).
import type { ArchitectureFamily } from './architecture.ts';
import { isSet, withDefaults } from './hyperparameters.ts';
import { configureQwen, qwenDefaults } from './qwen2.ts';

export const qwen3: ArchitectureFamily = {
  name: 'qwen3',
  huggingFaceNames: ['Qwen3ForCausalLM', 'Qwen3Model'],
  configure: (config) =>
    configureQwen('qwen3', withDefaults(config, { ...qwenDefaults, head_dim: 128 }), {
      biases: isSet(config, 'attention_bias') ? 'all' : 'none',
      queryKeyNorms: true,
    }),
};
