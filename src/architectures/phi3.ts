// Phi 3, 3.5 and 4 mini: fused q/k/v and gate/up projections, two sets of rotary factors for short and long contexts.
// Reference: conversion/phi.py; defaults: Phi3Config of transformers 4.57.6.
import { StudioError } from '#src/errors/studio-error.ts';
import { float32Entry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { ArchitectureFamily, GeneratedTensor } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import {
  embeddingRows,
  hasOutputMatrix,
  preNormRows,
  readDecoderSizes,
  type DecoderSizes,
} from './decoder-rows.ts';
import {
  findCount,
  findNumber,
  findNumbers,
  isPlainObject,
  requireCount,
  requireNumber,
  withDefaults,
} from './hyperparameters.ts';
import {
  originalContextLength,
  readRopeParameters,
  type RopeParameters,
} from './rope-parameters.ts';
import type { TensorRow } from './tensor-table.ts';
import { phi3Vocabulary } from './vocabulary/phi3-vocabulary.ts';

const defaults = {
  vocab_size: 32_064,
  hidden_size: 3_072,
  intermediate_size: 8_192,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  max_position_embeddings: 4_096,
  original_max_position_embeddings: 4_096,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  partial_rotary_factor: 1,
};

export const phi3: ArchitectureFamily = {
  name: 'phi3',
  huggingFaceNames: ['Phi3ForCausalLM'],
  configure(source) {
    const config = withRopeTypeOfToday(withDefaults(source, defaults));
    const sizes = readDecoderSizes(config);
    const rope = readRopeParameters(config);
    const rotaryFactor = findNumber(rope.full, ['partial_rotary_factor']) ?? 1;
    const rotaryDimensions = Math.floor(Math.trunc(rotaryFactor * sizes.embedding) / sizes.heads);
    const contextLength = requireCount(config, 'n_positions', 'max_position_embeddings');
    const longContext = longContextScaling(rope, contextLength, rotaryDimensions);
    return configured({
      ggufName: 'phi3',
      blockCount: sizes.blocks,
      vocabularySize: sizes.vocabulary,
      hyperparameters: config,
      vocabulary: phi3Vocabulary,
      table: {
        prefixes: ['model.', ''],
        rows: [
          ...embeddingRows(sizes, hasOutputMatrix(config)),
          ...preNormRows(sizes),
          ...fusedRows(sizes),
        ],
      },
      generatedTensors: longContext.tensors,
      generatedMetadata: longContext.metadata,
      metadata: ({ fileType }) => [
        uint32Entry('phi3.context_length', contextLength),
        uint32Entry('phi3.rope.scaling.original_context_length', originalContextLength(rope)),
        uint32Entry('phi3.embedding_length', sizes.embedding),
        uint32Entry('phi3.feed_forward_length', sizes.feedForward),
        uint32Entry('phi3.block_count', sizes.blocks),
        uint32Entry('phi3.attention.head_count', sizes.heads),
        uint32Entry('phi3.attention.head_count_kv', sizes.keyValueHeads),
        float32Entry(
          'phi3.attention.layer_norm_rms_epsilon',
          requireNumber(config, 'rms_norm_eps'),
        ),
        uint32Entry('phi3.rope.dimension_count', rotaryDimensions),
        float32Entry('phi3.rope.freq_base', requireNumber(rope.full, 'rope_theta')),
        uint32Entry('general.file_type', fileType),
        // Zero tells llama.cpp that this Phi has no window (Phi 4).
        uint32Entry('phi3.attention.sliding_window', findCount(config, ['sliding_window'], 0) ?? 0),
      ],
    });
  },
};

function fusedRows(sizes: DecoderSizes): TensorRow[] {
  const attention = sizes.heads * sizes.headLength;
  const keyValue = sizes.keyValueHeads * sizes.headLength;
  return [
    {
      name: 'blk.{b}.attn_qkv.weight',
      checkpoint: 'layers.{b}.self_attn.qkv_proj.weight',
      shape: [sizes.embedding, attention + 2 * keyValue],
    },
    {
      name: 'blk.{b}.attn_output.weight',
      checkpoint: 'layers.{b}.self_attn.o_proj.weight',
      shape: [attention, sizes.embedding],
    },
    {
      name: 'blk.{b}.ffn_up.weight',
      checkpoint: 'layers.{b}.mlp.gate_up_proj.weight',
      shape: [sizes.embedding, 2 * sizes.feedForward],
    },
    {
      name: 'blk.{b}.ffn_down.weight',
      checkpoint: 'layers.{b}.mlp.down_proj.weight',
      shape: [sizes.feedForward, sizes.embedding],
    },
  ];
}

/** The first Phi 3 releases called long rope "su" or "yarn"; transformers reads both as "longrope". */
function withRopeTypeOfToday(config: HuggingFaceConfig): HuggingFaceConfig {
  const scaling = config['rope_scaling'];
  if (!isPlainObject(scaling) || (scaling['type'] !== 'su' && scaling['type'] !== 'yarn')) {
    return config;
  }
  return { ...config, rope_scaling: { ...scaling, type: 'longrope' } };
}

/** Factor tensors and attention scale of models whose context was extended (conversion/phi.py, generate_extra_tensors). */
function longContextScaling(
  rope: RopeParameters,
  contextLength: number,
  rotaryDimensions: number,
): { tensors: GeneratedTensor[]; metadata: GgufEntry[] } {
  const long = findNumbers(rope.full, 'long_factor') ?? [];
  const short = findNumbers(rope.full, 'short_factor') ?? [];
  if (long.length === 0) return { tensors: [], metadata: [] };
  if (rope.type !== 'su' && rope.type !== 'longrope') {
    throw new StudioError(
      'architecture/unsupported',
      `config.json: rope_scaling has factors and the type ${rope.type === undefined ? 'none' : `"${rope.type}"`}; Phi 3 models have "longrope".`,
      { hint: 'Fetch config.json again from where the model is published.' },
    );
  }
  if (long.length !== rotaryDimensions / 2 || short.length !== long.length) {
    throw new StudioError(
      'huggingface/invalid',
      `config.json: rope_scaling has ${long.length} long and ${short.length} short factors, but ${rotaryDimensions / 2} of each are needed.`,
      { hint: 'Fetch config.json again from where the model is published.' },
    );
  }
  const original = originalContextLength(rope);
  const scale = contextLength / original;
  const attention = scale > 1 ? Math.sqrt(1 + Math.log(scale) / Math.log(original)) : 1;
  return {
    tensors: [
      { name: 'rope_factors_long.weight', values: Float32Array.from(long) },
      { name: 'rope_factors_short.weight', values: Float32Array.from(short) },
    ],
    metadata: [float32Entry('phi3.rope.scaling.attn_factor', attention)],
  };
}
