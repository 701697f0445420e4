// The vocabulary of bert models (WordPiece): conversion/bert.py, BertModel.set_vocab.
import { StudioError } from '#src/errors/studio-error.ts';
import { int32ArrayEntry, stringArrayEntry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts'; // prettier-ignore
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { baseVocabulary } from './byte-pair-vocabulary.ts';
import { mergeEntries } from './merge-entries.ts';
import { specialVocabularyEntries } from './special-vocabulary.ts';
import { tokenTypes } from './token-types.ts';
import type { VocabularySource } from './vocabulary-source.ts';

export async function wordPieceVocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  const { tokens, types, pre } = await baseVocabulary(source);
  const marked = tokens.map((token, id) => withPhantomSpace(token, types[id] ?? tokenTypes.normal));
  return mergeEntries(
    [
      uint32Entry('tokenizer.ggml.token_type_count', segmentCount(source)),
      stringEntry('tokenizer.ggml.model', 'bert'),
      stringEntry('tokenizer.ggml.pre', pre),
      stringArrayEntry('tokenizer.ggml.tokens', marked),
      int32ArrayEntry('tokenizer.ggml.token_type', Int32Array.from(types)),
    ],
    specialVocabularyEntries(source, { vocabularySize: tokens.length }),
  );
}

/** llama.cpp marks the start of a word (U+2581) where WordPiece marks its continuation (##). */
function withPhantomSpace(token: string, type: number): string {
  if (type === tokenTypes.control) return token;
  return token.startsWith('##') ? token.slice(2) : `\u2581${token}`;
}

/** `type_vocab_size`: rows of the token type embedding. */
function segmentCount({ config, files }: VocabularySource): number {
  const count = config['type_vocab_size'] ?? 1;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count < 2 ** 16) {
    return count;
  }
  throw new StudioError(
    'huggingface/invalid',
    `${files.label}/config.json has the type_vocab_size ${JSON.stringify(count)}.`,
  );
}
