// Llama tokenizers that come as tokenizer.json alone: BPE with byte fallback over SentencePiece's pieces.
// conversion/base.py, _set_vocab_llama_hf; gguf-py, gguf/vocab.py, LlamaHfVocab.
import { StudioError } from '#src/errors/studio-error.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { loadFastTokenizer, tokensById } from '#src/formats/huggingface/fast-tokenizer.ts';
import { booleanField, objectField, stringField, type JsonObject } from '#src/formats/huggingface/json.ts'; // prettier-ignore
import { mergeEntries } from './merge-entries.ts';
import { scoredTokenEntries, type ScoredTokens } from './sentence-piece-vocabulary.ts';
import { specialVocabularyEntries } from './special-vocabulary.ts';
import { tokenTypes } from './token-types.ts';
import type { VocabularySource } from './vocabulary-source.ts';

/** Whether tokenizer.json describes such a tokenizer; byte-level ones (Llama 3) are `gpt2Vocabulary`'s. */
export function isLlamaHfTokenizer(tokenizer: JsonObject | undefined): boolean {
  const model = objectField(tokenizer, 'model');
  return (
    stringField(model, 'type') === 'BPE' &&
    booleanField(model, 'byte_fallback') === true &&
    stringField(objectField(tokenizer, 'decoder'), 'type') === 'Sequence'
  );
}

/** `_set_vocab_llama_hf`: every token scores -1000, since tokenizer.json holds merges and no scores. */
export function llamaHfVocabulary(source: VocabularySource): GgufEntry[] {
  const scored = llamaHfTokens(source);
  return mergeEntries(
    scoredTokenEntries(scored),
    specialVocabularyEntries(source, { vocabularySize: scored.tokens.length }),
  );
}

const score = -1000;

function llamaHfTokens(source: VocabularySource): ScoredTokens {
  const tokenizer = loadFastTokenizer(source.files);
  const contents = tokensById(tokenizer);
  const baseSize = tokenizer.modelVocabulary.size;
  const controlIds = new Set<number>();
  for (const [id, content] of contents) if (tokenizer.allSpecial.has(content)) controlIds.add(id);

  const scored: ScoredTokens = { tokens: [], scores: [], types: [] };
  const push = (content: string, type: number): void => {
    scored.tokens.push(content);
    scored.scores.push(score);
    scored.types.push(type);
  };
  for (let id = 0; id < baseSize; id += 1) {
    const content = contents.get(id);
    if (content === undefined) {
      throw new StudioError(
        'huggingface/invalid',
        `${source.files.label}/tokenizer.json: the vocabulary of ${baseSize} tokens has none with id ${id}.`,
      );
    }
    const isByte = /^<0x[0-9A-Fa-f]{2}>$/.test(content);
    push(content, isByte ? tokenTypes.byte : controlIds.has(id) ? tokenTypes.control : tokenTypes.normal); // prettier-ignore
  }
  const added = [...tokenizer.added].filter(([id]) => id >= baseSize);
  for (const [, { content }] of added.sort(([left], [right]) => left - right)) {
    push(content, tokenizer.allSpecial.has(content) ? tokenTypes.control : tokenTypes.userDefined);
  }
  return scored;
}
