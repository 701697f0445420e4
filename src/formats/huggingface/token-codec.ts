// Text to token ids and back, as the model's own tokenizer does it. The work is done by @huggingface/tokenizers, the pure
// JavaScript implementation of tokenizer.json; this file is the only one that knows it.
import { Tokenizer } from '@huggingface/tokenizers';
import { StudioError } from '#src/errors/studio-error.ts';
import { effectiveDefinition } from './effective-definition.ts';
import type { FastTokenizer } from './fast-tokenizer.ts';
import {
  arrayField,
  booleanField,
  isJsonObject,
  jsonField,
  stringField,
  type JsonValue,
} from './json.ts';

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
  const definition = effectiveDefinition(tokenizer);
  try {
    const library = new Tokenizer(
      { ...definition, pre_tokenizer: withUnicodeDigits(jsonField(definition, 'pre_tokenizer')) },
      settings,
    );
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

/** The library's `Digits` splits ASCII digits only; the original splits all numbers, as this pattern does. */
function withUnicodeDigits(rule: JsonValue | undefined): JsonValue {
  if (!isJsonObject(rule)) return null;
  switch (stringField(rule, 'type')) {
    case 'Sequence':
      return { ...rule, pretokenizers: arrayField(rule, 'pretokenizers').map(withUnicodeDigits) };
    case 'Digits': {
      const pattern = booleanField(rule, 'individual_digits') === true ? '\\p{N}' : '\\p{N}+';
      return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
    }
    default:
      return rule;
  }
}
