// The name of llama.cpp's pre-tokenizer for a tokenizer (`tokenizer.ggml.pre`).
import { StudioError } from '#src/errors/studio-error.ts';
import type { FastTokenizer } from '#src/formats/huggingface/fast-tokenizer.ts';
import { booleanField, objectField, stringField } from '#src/formats/huggingface/json.ts';
import type { VocabularyOptions } from './vocabulary-source.ts';

/** `options.pre` when given, else by the tokenizer's own rules. Throws `tokenizer/unknown-pre`. */
export function recognizePreTokenizer(
  tokenizer: FastTokenizer,
  options: VocabularyOptions,
): string {
  if (options.pre !== undefined) return options.pre;
  const rule = objectField(tokenizer.definition, 'pre_tokenizer');
  if (stringField(rule, 'type') === 'ByteLevel' && (booleanField(rule, 'use_regex') ?? true)) {
    return 'gpt-2';
  }
  throw new StudioError(
    'tokenizer/unknown-pre',
    `${tokenizer.label}: the splitting rules of tokenizer.json are not known: ${JSON.stringify(rule ?? null)}.`,
    { hint: 'Name the pre-tokenizer with --pre NAME.' },
  );
}
