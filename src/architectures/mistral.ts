// Mistral 7B and what shares its layout. llama.cpp runs it as llama and has no sliding window there, so none is
// written. Defaults: MistralConfig of transformers 4.57.6, which leaves `head_dim` and the window as they are.
import type { ArchitectureFamily } from './architecture.ts';
import { readDecoderSizes } from './decoder-rows.ts';
import { withDefaults } from './hyperparameters.ts';
import { configureLlama } from './llama.ts';

const defaults = {
  vocab_size: 32_000,
  hidden_size: 4_096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

export const mistral: ArchitectureFamily = {
  name: 'mistral',
  huggingFaceNames: ['MistralForCausalLM'],
  configure(config) {
    const filled = withDefaults(config, defaults);
    const sizes = readDecoderSizes(filled);
    return configureLlama({ ...filled, num_key_value_heads: sizes.keyValueHeads });
  },
};
