// The vocabulary of phi3 models (Phi-3.5-mini): SentencePiece with added tokens from three files, or byte-level BPE as of
// Phi 4. conversion/phi.py, Phi3MiniModel.set_vocab.
import { StudioError } from '#src/errors/studio-error.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { arrayField, booleanField, jsonField, objectField, stringField, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore
import { gpt2Vocabulary } from './byte-pair-vocabulary.ts';
import { mergeEntries } from './merge-entries.ts';
import { addTokensFile, checkedId, contentOf, piecesAsTokens, readModel, scoredTokenEntries, type ScoredTokens } from './sentence-piece-vocabulary.ts'; // prettier-ignore
import { specialVocabularyEntries } from './special-vocabulary.ts';
import { tokenTypes } from './token-types.ts';
import { configuredVocabularySize, type VocabularySource } from './vocabulary-source.ts';

export async function phi3Vocabulary(source: VocabularySource): Promise<GgufEntry[]> {
  if (stringField(source.files.tokenizerConfig, 'tokenizer_class') === 'GPT2Tokenizer') {
    return gpt2Vocabulary(source);
  }
  const scored = phi3Tokens(source);
  return mergeEntries(
    scoredTokenEntries(scored),
    specialVocabularyEntries(source, { vocabularySize: scored.tokens.length }),
  );
}

/** Pieces, then added_tokens.json, then added_tokens_decoder, then tokenizer.json; later ones replace. */
function phi3Tokens(source: VocabularySource): ScoredTokens {
  const model = readModel(source);
  const size = configuredVocabularySize(source) ?? model.pieces.length;
  if (model.pieces.length > size) throw outside(model.pieces.length - 1, size, source);
  const scored = piecesAsTokens(model, size);
  addTokensFile(scored, source);
  const decoder = objectField(source.files.tokenizerConfig, 'added_tokens_decoder') ?? {};
  for (const [key, token] of Object.entries(decoder)) setToken(scored, Number(key), token, source);
  for (const token of arrayField(source.files.tokenizer, 'added_tokens')) {
    setToken(scored, jsonField(token, 'id'), token, source);
  }
  return scored;
}

function setToken(
  scored: ScoredTokens,
  value: unknown,
  token: JsonValue,
  source: VocabularySource,
): void {
  const id = checkedId(value, stringField(token, 'content') ?? '', source);
  if (id >= scored.tokens.length) throw outside(id, scored.tokens.length, source);
  scored.tokens[id] = contentOf(token, id, source);
  scored.scores[id] = -1000;
  scored.types[id] =
    booleanField(token, 'special') === true ? tokenTypes.control : tokenTypes.userDefined;
}

function outside(id: number, size: number, { files }: VocabularySource): StudioError {
  return new StudioError(
    'huggingface/invalid',
    `${files.label}: token ${id} is outside the vocabulary of ${size} (vocab_size in config.json).`,
    { hint: 'The tokenizer does not belong to these weights.' },
  );
}
