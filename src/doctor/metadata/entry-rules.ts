// Which entries llama.cpp v0.5.0 reads, as what type, and which it cannot do without (llama_model_base::load_hparams in
// src/llama-model.cpp, load_arch_hparams in src/models/*.cpp, llama_vocab::impl::load in src/llama-vocab.cpp). It refuses a
// file whose entry has another type, even another width.
import type { GgufValue } from '#src/formats/gguf/types.ts';

export type EntryType =
  | 'uint32'
  | 'float32'
  | 'bool'
  | 'string'
  /** One number, or one for each layer. */
  | 'uint32 or one a layer'
  | 'array of string'
  | 'array of int32'
  | 'array of float32';

/** By name behind `<architecture>.`. */
export const architectureEntryTypes: Readonly<Record<string, EntryType>> = {
  context_length: 'uint32',
  embedding_length: 'uint32',
  block_count: 'uint32',
  feed_forward_length: 'uint32 or one a layer',
  vocab_size: 'uint32',
  expert_count: 'uint32',
  pooling_type: 'uint32',
  'attention.head_count': 'uint32 or one a layer',
  'attention.head_count_kv': 'uint32 or one a layer',
  'attention.key_length': 'uint32',
  'attention.value_length': 'uint32',
  'attention.causal': 'bool',
  'attention.layer_norm_epsilon': 'float32',
  'attention.layer_norm_rms_epsilon': 'float32',
  'rope.dimension_count': 'uint32',
  'rope.freq_base': 'float32',
  'rope.freq_base_swa': 'float32',
  'rope.scaling.type': 'string',
  'rope.scaling.factor': 'float32',
  'rope.scaling.attn_factor': 'float32',
  'rope.scaling.original_context_length': 'uint32',
  'rope.scaling.finetuned': 'bool',
};

export const generalEntryTypes: Readonly<Record<string, EntryType>> = {
  'general.name': 'string',
  'general.file_type': 'uint32',
  'tokenizer.ggml.model': 'string',
  'tokenizer.ggml.pre': 'string',
  'tokenizer.ggml.tokens': 'array of string',
  'tokenizer.ggml.token_type': 'array of int32',
  'tokenizer.ggml.scores': 'array of float32',
  'tokenizer.ggml.merges': 'array of string',
  'tokenizer.ggml.token_type_count': 'uint32',
  'tokenizer.ggml.bos_token_id': 'uint32',
  'tokenizer.ggml.eos_token_id': 'uint32',
  'tokenizer.ggml.eot_token_id': 'uint32',
  'tokenizer.ggml.eom_token_id': 'uint32',
  'tokenizer.ggml.unknown_token_id': 'uint32',
  'tokenizer.ggml.seperator_token_id': 'uint32',
  'tokenizer.ggml.padding_token_id': 'uint32',
  'tokenizer.ggml.mask_token_id': 'uint32',
  'tokenizer.ggml.add_bos_token': 'bool',
  'tokenizer.ggml.add_eos_token': 'bool',
  'tokenizer.ggml.add_sep_token': 'bool',
  'tokenizer.ggml.add_space_prefix': 'bool',
  'tokenizer.chat_template': 'string',
};

/** What every language model must state. */
const always = ['context_length', 'embedding_length', 'block_count'];
const rms = 'attention.layer_norm_rms_epsilon';
const layerNorm = 'attention.layer_norm_epsilon';

/** Beyond `always`; without head count or feed-forward length llama.cpp takes 0 and finds no tensor of that shape. */
const byArchitecture: Readonly<Record<string, readonly string[]>> = {
  llama: [rms, 'feed_forward_length', 'attention.head_count'],
  qwen2: [rms, 'feed_forward_length', 'attention.head_count'],
  qwen3: [rms, 'feed_forward_length', 'attention.head_count'],
  phi3: [rms, 'feed_forward_length', 'attention.head_count'],
  gemma2: [rms, 'feed_forward_length', 'attention.head_count'],
  gemma3: [rms, 'feed_forward_length', 'attention.head_count'],
  gpt2: [layerNorm, 'feed_forward_length', 'attention.head_count'],
  bert: [layerNorm, 'feed_forward_length', 'attention.head_count'],
};

/** Names behind `<architecture>.`; for families that are not known here only what all have. */
export function requiredEntries(architecture: string): readonly string[] {
  const own = Object.hasOwn(byArchitecture, architecture)
    ? byArchitecture[architecture]
    : undefined;
  return [...always, ...(own ?? [])];
}

export function hasType(value: GgufValue, type: EntryType): boolean {
  switch (type) {
    case 'uint32 or one a layer':
      return (
        value.type === 'uint32' || (value.type === 'array' && /^u?int32$/.test(value.elementType))
      );
    case 'array of string':
      return value.type === 'array' && value.elementType === 'string';
    case 'array of int32':
      return value.type === 'array' && value.elementType === 'int32';
    case 'array of float32':
      // Scores may be whole numbers as well.
      return value.type === 'array' && /^(?:float32|int32)$/.test(value.elementType);
    default:
      return value.type === type;
  }
}

/** `uint32`, `array of int32`. */
export function typeText(value: GgufValue): string {
  return value.type === 'array' ? `array of ${value.elementType}` : value.type;
}
