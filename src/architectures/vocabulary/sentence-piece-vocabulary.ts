// Vocabularies of SentencePiece models (tokenizer.model): conversion/base.py, _set_vocab_sentencepiece.
import { StudioError } from '#src/errors/studio-error.ts';
import { float32ArrayEntry, int32ArrayEntry, stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts'; // prettier-ignore
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { booleanField, objectField, stringField, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore
import { parseSentencePieceModel, pieceTypes, type SentencePieceModel } from '#src/formats/sentencepiece/model.ts'; // prettier-ignore
import { mergeEntries } from './merge-entries.ts';
import { specialVocabularyEntries } from './special-vocabulary.ts';
import { looksLikeControlToken, paddingToken, tokenTypes, withPlainSpaces } from './token-types.ts';
import { configuredVocabularySize, type VocabularySource } from './vocabulary-source.ts';

/** Tokens by id, with the arrays that GGUF stores beside them. */
export interface ScoredTokens {
  readonly tokens: string[];
  /** F32. */
  readonly scores: number[];
  readonly types: number[];
}

const unusedScore = -10000;
const addedScore = -1000;

/** `_set_vocab_sentencepiece`. Throws `tokenizer/unsupported` when the folder has no tokenizer.model. */
export function sentencePieceVocabulary(source: VocabularySource): GgufEntry[] {
  const scored = sentencePieceTokens(source);
  return mergeEntries(
    scoredTokenEntries(scored),
    specialVocabularyEntries(source, { vocabularySize: scored.tokens.length }),
  );
}

/** The entries that every SentencePiece-like vocabulary begins with. */
export function scoredTokenEntries({ tokens, scores, types }: ScoredTokens): GgufEntry[] {
  return [
    stringEntry('tokenizer.ggml.model', 'llama'),
    stringEntry('tokenizer.ggml.pre', 'default'),
    stringArrayEntry('tokenizer.ggml.tokens', tokens),
    float32ArrayEntry('tokenizer.ggml.scores', Float32Array.from(scores)),
    int32ArrayEntry('tokenizer.ggml.token_type', Int32Array.from(types)),
  ];
}

/** `_create_vocab_sentencepiece`: pieces, then added_tokens.json, then added_tokens_decoder; later ones replace. */
export function sentencePieceTokens(source: VocabularySource): ScoredTokens {
  const model = readModel(source);
  const size =
    configuredSizeOfInput(source) ?? (configuredVocabularySize(source) || model.pieces.length);
  const scored = piecesAsTokens(model, size);
  addTokensFile(scored, source);
  const decoder = objectField(source.files.tokenizerConfig, 'added_tokens_decoder') ?? {};
  for (const [key, token] of Object.entries(decoder)) {
    const id = checkedId(Number(key), key, source);
    if (id >= size) {
      source.options.onNotice?.(
        `Token ${id} is outside the vocabulary of ${size}; it is left out.`,
      );
      continue;
    }
    const content = contentOf(token, id, source);
    const isControl = booleanField(token, 'special') === true || looksLikeControlToken(content);
    scored.tokens[id] = isControl ? content : withPlainSpaces(content);
    scored.scores[id] = addedScore;
    scored.types[id] = isControl ? tokenTypes.control : tokenTypes.userDefined;
  }
  return scored;
}

/** Gemma 3n's per-layer embedding table is larger than its vocabulary and decides. */
function configuredSizeOfInput(source: VocabularySource): number | undefined {
  const size = source.config['vocab_size_per_layer_input'];
  return size === undefined || size === null
    ? undefined
    : configuredVocabularySize({ ...source, config: { vocab_size: size } });
}

/** The parsed tokenizer.model of a folder. */
export function readModel({ files }: VocabularySource): SentencePieceModel {
  if (files.sentencePiece === undefined) {
    throw new StudioError('tokenizer/unsupported', `${files.label} has no tokenizer.model.`, {
      hint: 'Put the tokenizer.model that belongs to these weights into the folder.',
    });
  }
  return parseSentencePieceModel(files.sentencePiece, `${files.label}/tokenizer.model`);
}

/** `size` tokens: the model's pieces, and unused padding where it has none. Pieces beyond `size` are left out. */
export function piecesAsTokens(model: SentencePieceModel, size: number): ScoredTokens {
  const tokens = Array.from({ length: size }, (_, id) => paddingToken(id));
  const scores = new Array<number>(size).fill(unusedScore);
  const types = new Array<number>(size).fill(tokenTypes.unused);
  for (const [id, piece] of model.pieces.slice(0, size).entries()) {
    tokens[id] = piece.text;
    scores[id] = piece.score;
    // The reference does not tell user-defined pieces from normal ones.
    types[id] = piece.type === pieceTypes.userDefined ? tokenTypes.normal : piece.type;
  }
  return { tokens, scores, types };
}

/** added_tokens.json: content to id. */
export function addTokensFile(scored: ScoredTokens, source: VocabularySource): void {
  for (const [content, value] of Object.entries(source.files.addedTokens ?? {})) {
    const id = checkedId(value, content, source);
    if (id >= scored.tokens.length) {
      source.options.onNotice?.(
        `Token ${id} is outside the vocabulary of ${scored.tokens.length}; it is left out.`,
      );
      continue;
    }
    scored.tokens[id] = content;
    scored.scores[id] = addedScore;
    scored.types[id] = tokenTypes.userDefined;
  }
}

export function checkedId(id: unknown, name: string, { files }: VocabularySource): number {
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw new StudioError(
    'huggingface/invalid',
    `${files.label}: the added token ${JSON.stringify(name)} has no valid id.`,
  );
}

export function contentOf(token: JsonValue, id: number, { files }: VocabularySource): string {
  const content = stringField(token, 'content');
  if (content !== undefined) return content;
  throw new StudioError('huggingface/invalid', `${files.label}: added token ${id} has no content.`);
}
