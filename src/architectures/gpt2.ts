// GPT-2 and DialoGPT: learned positions, Conv1D weights stored (in, out), one fused q/k/v projection. Reference:
// conversion/gpt2.py, which fails on the attention masks (`attn.bias`) that old checkpoints store; they are skipped here.
// Defaults: GPT2Config of transformers 4.57.6.
import { float32Entry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { ArchitectureFamily, TensorTransform } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import {
  findCount,
  requireBlockCount,
  requireCount,
  requireNumber,
  withDefaults,
} from './hyperparameters.ts';
import type { TensorRow } from './tensor-table.ts';
import { gpt2Vocabulary } from './vocabulary/byte-pair-vocabulary.ts';

const defaults = {
  vocab_size: 50_257,
  n_positions: 1_024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  n_inner: null,
  layer_norm_epsilon: 1e-5,
};

/** Names that GPT2Config also accepts (`attribute_map`); they win, as they are assigned last. */
const otherNames = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

export const gpt2: ArchitectureFamily = {
  name: 'gpt2',
  huggingFaceNames: ['GPT2LMHeadModel'],
  configure(source) {
    const config = withOwnNames(withDefaults(source, defaults));
    const blocks = requireBlockCount(config);
    const vocabulary = requireCount(config, 'vocab_size');
    const embedding = requireCount(config, 'n_embd');
    const positions = requireCount(config, 'n_positions');
    const feedForward = findCount(config, ['n_inner']) ?? 4 * embedding;
    return configured({
      ggufName: 'gpt2',
      blockCount: blocks,
      vocabularySize: vocabulary,
      hyperparameters: config,
      vocabulary: gpt2Vocabulary,
      table: {
        prefixes: ['transformer.', ''],
        rows: [
          { name: 'token_embd.weight', checkpoint: 'wte.weight', shape: [embedding, vocabulary] },
          { name: 'position_embd.weight', checkpoint: 'wpe.weight', shape: [embedding, positions] },
          ...layerNorm('output_norm', 'ln_f', embedding),
          ...layerNorm('blk.{b}.attn_norm', 'h.{b}.ln_1', embedding),
          ...conv1d('blk.{b}.attn_qkv', 'h.{b}.attn.c_attn', embedding, 3 * embedding),
          ...conv1d('blk.{b}.attn_output', 'h.{b}.attn.c_proj', embedding, embedding),
          ...layerNorm('blk.{b}.ffn_norm', 'h.{b}.ln_2', embedding),
          ...conv1d('blk.{b}.ffn_up', 'h.{b}.mlp.c_fc', embedding, feedForward),
          ...conv1d('blk.{b}.ffn_down', 'h.{b}.mlp.c_proj', feedForward, embedding),
          {
            name: 'output.weight',
            checkpoint: 'lm_head.weight',
            unprefixed: true,
            shape: [embedding, vocabulary],
            ...(config['tie_word_embeddings'] === false ? {} : { presence: 'optional' }),
          },
        ],
        skip: (name) => name.endsWith('.attn.bias') || name.endsWith('.attn.masked_bias'),
      },
      metadata: ({ fileType }) => [
        uint32Entry('gpt2.block_count', blocks),
        uint32Entry('gpt2.context_length', findCount(config, ['n_ctx']) ?? positions),
        uint32Entry('gpt2.embedding_length', embedding),
        uint32Entry('gpt2.feed_forward_length', feedForward),
        uint32Entry('gpt2.attention.head_count', requireCount(config, 'n_head')),
        float32Entry(
          'gpt2.attention.layer_norm_epsilon',
          requireNumber(config, 'layer_norm_epsilon'),
        ),
        uint32Entry('general.file_type', fileType),
      ],
    });
  },
};

function withOwnNames(config: HuggingFaceConfig): HuggingFaceConfig {
  const renamed = { ...config };
  for (const [other, own] of Object.entries(otherNames)) {
    if (!Object.hasOwn(config, other)) continue;
    renamed[own] = config[other];
    delete renamed[other];
  }
  return renamed;
}

function layerNorm(name: string, checkpoint: string, size: number): TensorRow[] {
  return ['weight', 'bias'].map((part) => ({
    name: `${name}.${part}`,
    checkpoint: `${checkpoint}.${part}`,
    shape: [size],
  }));
}

const transpose: readonly TensorTransform[] = [{ op: 'transpose' }];

/** A Conv1D: weight stored (columns, rows) and transposed to rows of `columns` weights; bias (rows). */
function conv1d(name: string, checkpoint: string, columns: number, rows: number): TensorRow[] {
  return [
    {
      name: `${name}.weight`,
      checkpoint: `${checkpoint}.weight`,
      shape: [columns, rows],
      transforms: transpose,
    },
    { name: `${name}.bias`, checkpoint: `${checkpoint}.bias`, shape: [rows] },
  ];
}
