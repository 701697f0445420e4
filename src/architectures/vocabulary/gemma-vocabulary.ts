// The vocabularies of gemma2 and gemma3 models: conversion/gemma.py.
import { boolEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { gpt2Vocabulary } from './byte-pair-vocabulary.ts';
import { mergeEntries } from './merge-entries.ts';
import { sentencePieceVocabulary } from './sentence-piece-vocabulary.ts';
import type { VocabularySource } from './vocabulary-source.ts';

/** Gemma2Model.set_vocab: a text is not given a leading space. */
export function gemma2Vocabulary(source: VocabularySource): GgufEntry[] {
  return mergeEntries(sentencePieceVocabulary(source), [
    boolEntry('tokenizer.ggml.add_space_prefix', false),
  ]);
}

/** Gemma3Model.set_vocab: BPE when there is no tokenizer.model. */
export async function gemma3Vocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  return source.files.sentencePiece === undefined
    ? gpt2Vocabulary(source)
    : gemma2Vocabulary(source);
}
