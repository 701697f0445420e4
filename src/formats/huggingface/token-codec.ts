// Text to token ids and back, as the model's own tokenizer does it. The work is done by @huggingface/tokenizers, the pure
// JavaScript implementation of tokenizer.json; this file is the only one that knows it.
import { Tokenizer } from '@huggingface/tokenizers';
import { StudioError } from '#src/errors/studio-error.ts';
import { effectiveDefinition } from './effective-definition.ts';
import type { FastTokenizer } from './fast-tokenizer.ts';

export interface TokenCodec {
  /** With the special tokens that the tokenizer puts around a text. */
  encode(text: string): number[];
  /** Special tokens are kept. */
  decode(ids: readonly number[]): string;
}

/**
 * Builds the tables (a second for the largest vocabularies). Regular expressions of tokenizer.json run as they are:
 * check them first when the file is not trusted. Throws `tokenizer/unsupported` when the library refuses the rules.
 */
export function createTokenCodec(tokenizer: FastTokenizer): TokenCodec {
  const settings = { clean_up_tokenization_spaces: tokenizer.cleanUpSpaces };
  try {
    const library = new Tokenizer(effectiveDefinition(tokenizer), settings);
    return {
      encode: (text) => library.encode(text).ids,
      decode: (ids) => (ids.length === 0 ? '' : library.decode([...ids])),
    };
  } catch (cause) {
    throw new StudioError(
      'tokenizer/unsupported',
      `${tokenizer.label}: this tokenizer cannot be run here: ${cause instanceof Error ? cause.message : 'unknown reason'}.`,
      { cause },
    );
  }
}
