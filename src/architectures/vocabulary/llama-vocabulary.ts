// The vocabulary of llama and mistral models, whichever of three tokenizers they have: conversion/llama.py, set_vocab.
import { StudioError } from '#src/errors/studio-error.ts';
import { boolEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { booleanField, stringField } from '#src/formats/huggingface/json.ts';
import { gpt2Vocabulary } from './byte-pair-vocabulary.ts';
import { isLlamaHfTokenizer, llamaHfVocabulary } from './llama-hf-vocabulary.ts';
import { mergeEntries } from './merge-entries.ts';
import { sentencePieceVocabulary } from './sentence-piece-vocabulary.ts';
import { specialVocabularyEntries } from './special-vocabulary.ts';
import type { VocabularySource } from './vocabulary-source.ts';

/** Sizes by which the reference tells two families that have settings of their own. */
const codeLlamaSize = 32016;
const graniteSize = 49152;
const defaultSize = 32000;

export async function llamaVocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  const size = source.config['vocab_size'] ?? defaultSize;
  return mergeEntries(
    spacePrefixEntries(source),
    await tokenizerEntries(source),
    size === codeLlamaSize ? codeLlamaEntries(source) : [],
    size === graniteSize ? [boolEntry('tokenizer.ggml.add_bos_token', false)] : [],
  );
}

async function tokenizerEntries(source: VocabularySource): Promise<GgufEntry[]> {
  if (source.files.sentencePiece !== undefined) return sentencePieceVocabulary(source);
  return isLlamaHfTokenizer(source.files.tokenizer)
    ? llamaHfVocabulary(source)
    : gpt2Vocabulary(source);
}

function spacePrefixEntries({ files }: VocabularySource): GgufEntry[] {
  if (stringField(files.tokenizerConfig, 'tokenizer_class') === 'HybridDNATokenizer') {
    throw new StudioError(
      'tokenizer/unsupported',
      `${files.label}: HybridDNATokenizer is not supported.`,
    );
  }
  const addPrefixSpace = booleanField(files.tokenizerConfig, 'add_prefix_space');
  return addPrefixSpace === undefined
    ? []
    : [boolEntry('tokenizer.ggml.add_space_prefix', addPrefixSpace)];
}

/** Of the infill tokens only `eot` has a GGUF key that the reference writes. */
function codeLlamaEntries(source: VocabularySource): GgufEntry[] {
  return specialVocabularyEntries(source, {
    kinds: ['prefix', 'suffix', 'middle', 'eot'],
    presetIds: { prefix: 32007, suffix: 32008, middle: 32009, eot: 32010 },
  });
}
