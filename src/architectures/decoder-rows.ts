// Sizes and table rows that decoders with rotary embeddings and gated feed-forward layers share.
import { StudioError } from '#src/errors/studio-error.ts';
import type { TensorTransform } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { findCount, requireBlockCount, requireCount } from './hyperparameters.ts';
import type { TensorRow } from './tensor-table.ts';

export interface DecoderSizes {
  readonly blocks: number;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headLength: number;
}

/** Reads the sizes; `num_key_value_heads` falls back to all heads, `head_dim` to embedding / heads. */
export function readDecoderSizes(config: HuggingFaceConfig): DecoderSizes {
  const embedding = requireCount(config, 'hidden_size', 'n_embd', 'dim');
  const heads = requireCount(config, 'num_attention_heads', 'n_head', 'n_heads');
  const keyValueHeads = findCount(config, ['num_key_value_heads', 'n_kv_heads']) ?? heads;
  const headLength = findCount(config, ['head_dim']) ?? Math.floor(embedding / heads);
  if (headLength === 0 || headLength % 2 !== 0 || heads % keyValueHeads !== 0) {
    throw new StudioError(
      'huggingface/invalid',
      `config.json: ${heads} attention heads, ${keyValueHeads} of them for keys, do not divide an embedding of ${embedding} (head length ${headLength}).`,
      { hint: 'Fetch config.json again from where the model is published.' },
    );
  }
  return {
    blocks: requireBlockCount(config),
    vocabulary: requireCount(config, 'vocab_size'),
    embedding,
    feedForward: requireCount(config, 'intermediate_size'),
    heads,
    keyValueHeads,
    headLength,
  };
}

/** Whether checkpoints of this configuration hold an output matrix of their own: untied, and more than the bare body. */
export function hasOutputMatrix(config: HuggingFaceConfig): boolean {
  const names: unknown = config['architectures'];
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  const isBody = typeof name === 'string' && name.endsWith('Model');
  return config['tie_word_embeddings'] !== true && !isBody;
}

/** Token embedding, final norm and output matrix. A tied output is optional: some checkpoints store it all the same. */
export function embeddingRows(sizes: DecoderSizes, hasOutput: boolean): TensorRow[] {
  return [
    {
      name: 'token_embd.weight',
      checkpoint: 'embed_tokens.weight',
      shape: [sizes.embedding, sizes.vocabulary],
    },
    { name: 'output_norm.weight', checkpoint: 'norm.weight', shape: [sizes.embedding] },
    {
      name: 'output.weight',
      checkpoint: 'lm_head.weight',
      unprefixed: true,
      shape: [sizes.embedding, sizes.vocabulary],
      ...(hasOutput ? {} : { presence: 'optional' }),
    },
  ];
}

export interface AttentionOptions {
  /** Biases that the configuration announces; the others are accepted when present. */
  readonly biases: 'none' | 'query-key-value' | 'all';
  /** Undo Hugging Face's rotary layout (Llama); the other families run with it as it is. */
  readonly permuted?: boolean;
}

/** Separate q, k, v and output projections. */
export function attentionRows(sizes: DecoderSizes, options: AttentionOptions): TensorRow[] {
  const { embedding, heads, keyValueHeads, headLength } = sizes;
  const projection = (
    part: string,
    checkpoint: string,
    columns: number,
    rows: number,
    rotaryHeads?: number,
  ): TensorRow[] => {
    const transforms: TensorTransform[] =
      options.permuted === true && rotaryHeads !== undefined
        ? [{ op: 'permute-rotary-rows', headCount: rotaryHeads }]
        : [];
    const announced =
      options.biases === 'all' || (options.biases === 'query-key-value' && part !== 'output');
    return [
      {
        name: `blk.{b}.attn_${part}.weight`,
        checkpoint: `layers.{b}.self_attn.${checkpoint}.weight`,
        shape: [columns, rows],
        transforms,
      },
      {
        name: `blk.{b}.attn_${part}.bias`,
        checkpoint: `layers.{b}.self_attn.${checkpoint}.bias`,
        shape: [rows],
        transforms,
        ...(announced ? {} : { presence: 'optional' }),
      },
    ];
  };
  return [
    ...projection('q', 'q_proj', embedding, heads * headLength, heads),
    ...projection('k', 'k_proj', embedding, keyValueHeads * headLength, keyValueHeads),
    ...projection('v', 'v_proj', embedding, keyValueHeads * headLength),
    ...projection('output', 'o_proj', heads * headLength, embedding),
  ];
}

/** Per-head norms of queries and keys (Qwen 3, Gemma 3). */
export function queryKeyNormRows(
  sizes: DecoderSizes,
  transforms: readonly TensorTransform[] = [],
): TensorRow[] {
  return ['q', 'k'].map((part) => ({
    name: `blk.{b}.attn_${part}_norm.weight`,
    checkpoint: `layers.{b}.self_attn.${part}_norm.weight`,
    shape: [sizes.headLength],
    transforms,
  }));
}

/** Separate gate, up and down projections. */
export function gatedFeedForwardRows(sizes: DecoderSizes, biases: boolean): TensorRow[] {
  const projection = (part: string, columns: number, rows: number): TensorRow[] => [
    {
      name: `blk.{b}.ffn_${part}.weight`,
      checkpoint: `layers.{b}.mlp.${part}_proj.weight`,
      shape: [columns, rows],
    },
    {
      name: `blk.{b}.ffn_${part}.bias`,
      checkpoint: `layers.{b}.mlp.${part}_proj.bias`,
      shape: [rows],
      ...(biases ? {} : { presence: 'optional' }),
    },
  ];
  return [
    ...projection('gate', sizes.embedding, sizes.feedForward),
    ...projection('up', sizes.embedding, sizes.feedForward),
    ...projection('down', sizes.feedForward, sizes.embedding),
  ];
}

/** Norms before attention and before the feed-forward layer (Llama, Qwen, Phi 3). */
export function preNormRows(sizes: DecoderSizes): TensorRow[] {
  return [
    {
      name: 'blk.{b}.attn_norm.weight',
      checkpoint: 'layers.{b}.input_layernorm.weight',
      shape: [sizes.embedding],
    },
    {
      name: 'blk.{b}.ffn_norm.weight',
      checkpoint: 'layers.{b}.post_attention_layernorm.weight',
      shape: [sizes.embedding],
    },
  ];
}
