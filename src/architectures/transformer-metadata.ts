// The metadata that most families share, in the order in which the reference converter writes it
// (conversion/base.py, TextModel.set_gguf_parameters).
import {
  boolEntry,
  float32Entry,
  int32ArrayEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { findCount, findNumber, findNumbers, requireBlockCount } from './hyperparameters.ts';
import { ropeScalingMetadata, type RopeParameters } from './rope-parameters.ts';

/** `<arch>.block_count` to `general.file_type`. `config` is the configuration with the family's defaults. */
export function transformerMetadata(
  arch: string,
  config: HuggingFaceConfig,
  rope: RopeParameters,
  fileType: number,
): GgufEntry[] {
  const count = (key: string, ...names: string[]) => {
    const value = findCount(config, names, 0);
    return value === undefined ? [] : [uint32Entry(`${arch}.${key}`, value)];
  };
  const number = (key: string, value: number | undefined) =>
    value === undefined ? [] : [float32Entry(`${arch}.${key}`, value)];
  return [
    uint32Entry(`${arch}.block_count`, requireBlockCount(config)),
    ...count(
      'context_length',
      'max_position_embeddings',
      'n_ctx',
      'n_positions',
      'max_length',
      'max_sequence_length',
      'model_max_length',
    ),
    ...count('embedding_length', 'hidden_size', 'n_embd', 'dim'),
    ...count(
      'feed_forward_length',
      'prefix_dense_intermediate_size',
      'dense_intermediate_size',
      'intermediate_size',
      'n_inner',
      'hidden_dim',
    ),
    ...count('attention.head_count', 'num_attention_heads', 'n_head', 'n_heads'),
    ...count('attention.head_count_kv', 'num_key_value_heads', 'n_kv_heads'),
    ...(config['is_causal'] === false ? [boolEntry(`${arch}.attention.causal`, false)] : []),
    ...ropeScalingMetadata(arch, rope),
    ...ropeSections(arch, rope),
    ...number('rope.freq_base', findNumber(rope.full, ['rope_theta'])),
    ...number('rope.freq_base_swa', rope.slidingTheta),
    ...number('attention.layer_norm_rms_epsilon', findNumber(config, ['rms_norm_eps', 'norm_eps'])),
    ...number(
      'attention.layer_norm_epsilon',
      findNumber(config, ['layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon']),
    ),
    ...count('attention.key_length', 'head_dim'),
    ...count('attention.value_length', 'head_dim'),
    uint32Entry('general.file_type', fileType),
  ];
}

/** Multi-dimensional rotary sections, padded to time, height, width, extra. */
function ropeSections(arch: string, rope: RopeParameters): GgufEntry[] {
  const sections = findNumbers(rope.full, 'mrope_section');
  if (sections === undefined) return [];
  const padded = Int32Array.from({ length: 4 }, (_, index) => sections[index] ?? 0);
  return [int32ArrayEntry(`${arch}.rope.dimension_sections`, padded)];
}
