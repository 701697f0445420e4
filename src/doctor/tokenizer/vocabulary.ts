// A file's vocabulary as llama.cpp reads it (llama_vocab::impl::load in src/llama-vocab.cpp), with what is missing left out:
// the checks judge it.
import { tokenTypes } from '#src/architectures/vocabulary/token-types.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export interface Vocabulary {
  /** `gpt2` (byte-level BPE), `llama` (SentencePiece), `bert` (WordPiece), `t5`, ... */
  readonly model: string | undefined;
  readonly pre: string | undefined;
  readonly tokens: readonly string[];
  readonly idOf: ReadonlyMap<string, number>;
  readonly types: ArrayLike<number> | undefined;
  readonly scores: ArrayLike<number> | undefined;
  readonly merges: readonly string[] | undefined;
  readonly metadata: readonly GgufEntry[];
}

export const tokenKeys = {
  model: 'tokenizer.ggml.model',
  pre: 'tokenizer.ggml.pre',
  tokens: 'tokenizer.ggml.tokens',
  types: 'tokenizer.ggml.token_type',
  scores: 'tokenizer.ggml.scores',
  merges: 'tokenizer.ggml.merges',
  template: 'tokenizer.chat_template',
} as const;

/** Undefined when there is no list of tokens. */
export function readVocabulary(metadata: readonly GgufEntry[]): Vocabulary | undefined {
  const tokens = strings(metadata, tokenKeys.tokens);
  if (tokens === undefined) return undefined;
  const idOf = new Map<string, number>();
  // The last of equal texts counts, as in llama.cpp.
  for (const [id, token] of tokens.entries()) idOf.set(token, id);
  return {
    model: entryString(metadata, tokenKeys.model),
    pre: entryString(metadata, tokenKeys.pre),
    tokens,
    idOf,
    types: numbers(metadata, tokenKeys.types),
    scores: numbers(metadata, tokenKeys.scores),
    merges: strings(metadata, tokenKeys.merges),
    metadata,
  };
}

function strings(metadata: readonly GgufEntry[], key: string): readonly string[] | undefined {
  const value = entryValue(metadata, key);
  return value?.type === 'array' && value.elementType === 'string' ? value.value : undefined;
}

function numbers(metadata: readonly GgufEntry[], key: string): ArrayLike<number> | undefined {
  const value = entryValue(metadata, key);
  if (value?.type !== 'array') return undefined;
  switch (value.elementType) {
    case 'string':
    case 'array':
    case 'bool':
    case 'uint64':
    case 'int64':
      return undefined;
    default:
      return value.value;
  }
}

/** The id under `tokenizer.ggml.NAME_token_id`, also one out of range. */
export function specialId(vocabulary: Vocabulary, name: string): number | undefined {
  return entryNumber(vocabulary.metadata, `tokenizer.ggml.${name}_token_id`);
}

/** Byte-level BPE and its relatives: the only ones with merges and a pre-tokenizer. */
export function isBytePair({ model }: Pick<Vocabulary, 'model'>): boolean {
  return model === 'gpt2' || model === 'gemma4';
}

/** Control, unknown or user-defined: recognized in a prompt before anything is split. */
export function isSpecialType(type: number | undefined): boolean {
  return (
    type === tokenTypes.control || type === tokenTypes.unknown || type === tokenTypes.userDefined
  );
}

/** A text that tokenizers give to markers: `<|im_end|>`, `</s>`, `<end_of_turn>`, `[SEP]`, `<｜end▁of▁sentence｜>`. */
export function looksSpecial(token: string): boolean {
  return /^(?:<[|｜/]?[^<>\s]+[|｜]?>|\[[^[\]\s]+\])$/u.test(token) && /\p{L}/u.test(token);
}

/** Marked on both sides as nothing in a text is: `<|im_end|>`, `<｜fim▁hole｜>`. Plain `<s>` and `[A]` are also HTML and code. */
export function isSurelySpecial(token: string): boolean {
  return /^<(?:\|[^<>|\s]+\||｜[^<>｜\s]+｜)>$/u.test(token) && /\p{L}/u.test(token);
}
