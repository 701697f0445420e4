// The vocabulary of qwen2 and qwen3 models: conversion/qwen.py, Qwen2Model.set_vocab.
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { gpt2Vocabulary } from './byte-pair-vocabulary.ts';
import { sentencePieceVocabulary } from './sentence-piece-vocabulary.ts';
import type { VocabularySource } from './vocabulary-source.ts';

/** A few fine-tunes of Qwen 2 have a SentencePiece model instead of byte-level BPE. */
export async function qwenVocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  return source.files.sentencePiece === undefined
    ? gpt2Vocabulary(source)
    : sentencePieceVocabulary(source);
}
