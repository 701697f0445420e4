// Vocabularies of BPE and WordPiece tokenizers: conversion/base.py, get_vocab_base and _set_vocab_gpt2.
import { StudioError } from '#src/errors/studio-error.ts';
import { int32ArrayEntry, stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { decodeToken } from '#src/formats/huggingface/decode-token.ts';
import { loadFastTokenizer, tokensById, type FastTokenizer } from '#src/formats/huggingface/fast-tokenizer.ts'; // prettier-ignore
import { jsonField } from '#src/formats/huggingface/json.ts';
import { mergeEntries } from './merge-entries.ts';
import { recognizePreTokenizer } from './recognize-pre-tokenizer.ts';
import { specialVocabularyEntries } from './special-vocabulary.ts';
import { looksLikeControlToken, paddingToken, tokenTypes, withPlainSpaces } from './token-types.ts';
import { configuredVocabularySize, type VocabularySource } from './vocabulary-source.ts';

export interface BaseVocabulary {
  /** By id; ids without a token are `[PADn]`. */
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  /** `tokenizer.ggml.pre` */
  readonly pre: string;
}

/** `_set_vocab_gpt2`: byte-level BPE. */
export async function gpt2Vocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  const { tokens, types, pre } = await baseVocabulary(source);
  return mergeEntries(
    [
      stringEntry('tokenizer.ggml.model', 'gpt2'),
      stringEntry('tokenizer.ggml.pre', pre),
      stringArrayEntry('tokenizer.ggml.tokens', tokens),
      int32ArrayEntry('tokenizer.ggml.token_type', Int32Array.from(types)),
    ],
    specialVocabularyEntries(source, { withMerges: true }),
  );
}

/** `get_vocab_base`. Throws `huggingface/invalid` when a token's id is not below the model's `vocab_size`. */
export async function baseVocabulary(source: VocabularySource): Promise<BaseVocabulary> {
  const tokenizer = loadFastTokenizer(source.files);
  const contents = tokensById(tokenizer);
  const size = configuredVocabularySize(source) ?? contents.size;
  let highest = 0;
  for (const id of contents.keys()) highest = Math.max(highest, id);
  if (highest >= size) {
    throw new StudioError(
      'huggingface/invalid',
      `${source.files.label}: token ${JSON.stringify(contents.get(highest) ?? '')} has the id ${highest}, but the model's vocab_size is ${size}.`,
      {
        hint: 'The tokenizer does not belong to these weights, or tokens were added without resizing the embeddings.',
        details: { id: highest, vocabularySize: size },
      },
    );
  }
  const pre = await recognizePreTokenizer(tokenizer, source.options);
  const tokens: string[] = [];
  const types: number[] = [];
  for (let id = 0; id < size; id += 1) {
    const content = contents.get(id);
    const [token, type] =
      content === undefined
        ? ([paddingToken(id), tokenTypes.unused] as const)
        : tokenOf(id, content, tokenizer);
    tokens.push(token);
    types.push(type);
  }
  return { tokens, types, pre };
}

/** llama.cpp takes control and user-defined tokens as already normalized, so they are stored as decoded. */
function tokenOf(id: number, content: string, tokenizer: FastTokenizer): readonly [string, number] {
  const added = tokenizer.added.get(id);
  if (added === undefined) return [content, tokenTypes.normal];
  const token = added.normalized
    ? content
    : decodeToken(content, jsonField(tokenizer.definition, 'decoder'), tokenizer.cleanUpSpaces);
  return added.special || looksLikeControlToken(token)
    ? [token, tokenTypes.control]
    : [withPlainSpaces(token), tokenTypes.userDefined];
}
