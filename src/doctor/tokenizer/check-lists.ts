// The lists of a vocabulary: equally long, as long as the embedding, tokens that differ from each other, types and scores that
// exist, merges that join known tokens. llama.cpp ends its process at equal tokens and refuses lists that are too short.
import type { Draft } from '../findings.ts';
import { looksLikeControlToken, tokenTypes } from '#src/architectures/vocabulary/token-types.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { copyFix } from '../metadata/fix-value.ts';
import { mergeHalves } from './merge-halves.ts';
import { findStrangeTokens } from './strange-tokens.ts';
import { isBytePair, tokenKeys, type Vocabulary } from './vocabulary.ts';

const named = 20;
const noSource = 'Name the model that the file was made from (--source), or convert it again.';

export interface ListCheckOptions {
  /** Rows of the token embedding; undefined without tensors. */
  readonly rows: number | undefined;
  readonly source: readonly GgufEntry[] | undefined;
}

export function checkLists(vocabulary: Vocabulary, { rows, source }: ListCheckOptions): Draft[] {
  return [
    ...checkCount(vocabulary, rows, source),
    ...checkTypesLength(vocabulary, source),
    ...checkScores(vocabulary, source),
    ...checkTokens(vocabulary, source),
    ...checkMerges(vocabulary, source),
  ];
}

function fromSource(source: readonly GgufEntry[] | undefined, key: string) {
  const fix = copyFix(key, source === undefined ? undefined : entryValue(source, key));
  return fix === undefined
    ? { remedy: noSource }
    : { remedy: `Takes ${key} from the source.`, fix };
}

function checkCount(
  { tokens }: Vocabulary,
  rows: number | undefined,
  source: readonly GgufEntry[] | undefined,
): Draft[] {
  if (rows === undefined || rows === tokens.length) return [];
  const known = source === undefined ? undefined : entryValue(source, tokenKeys.tokens);
  const fits = known?.type === 'array' && known.value.length === rows;
  return [
    {
      code: 'tokenizer/token-count',
      message: `The vocabulary has ${tokens.length} tokens, but the token embedding has ${rows} rows; llama.cpp refuses the file.`,
      evidence: { tokens: tokens.length, rows },
      keys: [tokenKeys.tokens],
      tensors: ['token_embd.weight'],
      ...(fits ? fromSource(source, tokenKeys.tokens) : { remedy: noSource }),
    },
  ];
}

function checkTypesLength(
  { tokens, types }: Vocabulary,
  source: readonly GgufEntry[] | undefined,
): Draft[] {
  if (types === undefined || types.length === tokens.length) return [];
  const known = fromSource(source, tokenKeys.types);
  // What is there stays; tokens behind its end get the type that their text shows.
  const completed = tokens.map(
    (token, id) =>
      types[id] ?? (looksLikeControlToken(token) ? tokenTypes.control : tokenTypes.normal),
  );
  const own = copyFix(tokenKeys.types, { type: 'array', elementType: 'int32', value: completed });
  return [
    {
      code: 'tokenizer/token-count',
      message: `The list of token types has ${types.length} entries for ${tokens.length} tokens.`,
      evidence: { types: types.length, tokens: tokens.length },
      keys: [tokenKeys.types],
      ...('fix' in known || own === undefined
        ? known
        : { remedy: 'Completes the list: control for marks like <|...|>, else normal.', fix: own }),
    },
  ];
}

function checkScores(
  { model, tokens, scores }: Vocabulary,
  source: readonly GgufEntry[] | undefined,
): Draft[] {
  const finding = (code: 'tokenizer/scores', message: string): Draft => ({
    code,
    message,
    evidence: { scores: scores?.length ?? 0, tokens: tokens.length },
    keys: [tokenKeys.scores],
    ...fromSource(source, tokenKeys.scores),
  });
  const needsScores = model === 'llama' || model === 't5';
  if (scores === undefined) {
    return needsScores
      ? [
          finding(
            'tokenizer/scores',
            'The vocabulary has no scores, by which this tokenizer joins pieces.',
          ),
        ]
      : [];
  }
  if (scores.length !== tokens.length) {
    return [
      finding(
        'tokenizer/scores',
        `The list of scores has ${scores.length} entries for ${tokens.length} tokens.`,
      ),
    ];
  }
  const values = Array.from(scores);
  if (values.some((score) => Number.isNaN(score) || score === Number.POSITIVE_INFINITY)) {
    return [finding('tokenizer/scores', 'Scores of the vocabulary are not numbers.')];
  }
  if (needsScores && tokens.length > 300 && values.every((score) => score === values[0])) {
    return [
      finding(
        'tokenizer/scores',
        'All tokens have the same score: pieces cannot be joined in the right order.',
      ),
    ];
  }
  return [];
}

/** Equal texts, and in byte-level BPE texts that no merge makes while the text that one makes is missing. */
function checkTokens(vocabulary: Vocabulary, source: readonly GgufEntry[] | undefined): Draft[] {
  const { tokens, idOf } = vocabulary;
  const { strange, lacking, isCertain } = findStrangeTokens(vocabulary);
  const isStrange = new Set(strange);
  const twice = tokens.flatMap((token, id) =>
    token !== '' && idOf.get(token) !== id && !isStrange.has(id) ? [id] : [],
  );
  // Ids of one text are told once: the strange one of them has a finding that says what it should be.
  const repeated = twice.filter((id) => !isStrange.has(idOf.get(tokens[id] ?? '') ?? -1));
  const known = source === undefined ? undefined : entryValue(source, tokenKeys.tokens);
  const right =
    known?.type === 'array' &&
    known.elementType === 'string' &&
    known.value.length === tokens.length
      ? known.value
      : undefined;
  const replace = (ids: readonly number[], texts: readonly string[]) => {
    const elements = ids.flatMap((id, index) => {
      const value = right?.[id] ?? texts[index];
      return value === undefined ? [] : [{ index: id, value }];
    });
    return elements.length < ids.length
      ? { remedy: noSource }
      : {
          remedy: `Sets ${elements.length === 1 ? 'the token' : `${elements.length} tokens`} to what ${right === undefined ? 'the merges make' : 'the source has'}.`,
          fix: { kind: 'set-elements' as const, key: tokenKeys.tokens, elements },
        };
  };
  const name = (id: number) => `${JSON.stringify(tokens[id])} (${id})`;
  const findings: Draft[] = [];
  if (repeated.length > 0) {
    findings.push({
      code: 'tokenizer/tokens',
      message: `${repeated.length === 1 ? 'A token is' : `${repeated.length} tokens are`} in the vocabulary twice, at which llama.cpp ends its process: ${listed(repeated.map(name))}.`,
      evidence: { ids: repeated.slice(0, named) },
      keys: [tokenKeys.tokens],
      ...replace(repeated, []),
    });
  }
  if (strange.length > 0) {
    findings.push({
      code: 'tokenizer/tokens',
      message: `${strange.length === 1 ? 'A token is' : `${strange.length} tokens are`} not what the merges make: ${listed(strange.map(name))}; missing ${lacking.length === 1 ? 'is' : 'are'} ${listed(lacking.map((text) => JSON.stringify(text)))}.`,
      evidence: { ids: strange.slice(0, named), missing: lacking.slice(0, named) },
      keys: [tokenKeys.tokens],
      // Ids rise with the merges that made them, so the missing ones stand in the same order.
      ...replace(strange, isCertain ? lacking : []),
    });
  }
  return findings;
}

function checkMerges(vocabulary: Vocabulary, source: readonly GgufEntry[] | undefined): Draft[] {
  const { merges, idOf, pre, model } = vocabulary;
  if (!isBytePair(vocabulary)) return [];
  const finding = (message: string, evidence: Draft['evidence']): Draft => ({
    code: 'tokenizer/merges',
    message,
    evidence: evidence ?? {},
    keys: [tokenKeys.merges],
    ...fromSource(source, tokenKeys.merges),
  });
  if (merges === undefined) {
    return pre === 'kimi-k2'
      ? []
      : [
          finding(
            `The vocabulary has no merges, which a tokenizer of the model "${model ?? ''}" needs.`,
            {},
          ),
        ];
  }
  // A token that was changed makes its merges strange as well: that is the tokens' finding.
  if (findStrangeTokens(vocabulary).strange.length > 0) return [];
  const wrong: { index: number; merge: string }[] = [];
  for (const [index, merge] of merges.entries()) {
    const { left, right } = mergeHalves(merge);
    const isKnown =
      left !== '' && right !== '' && idOf.has(left) && idOf.has(right) && idOf.has(left + right);
    if (!isKnown) wrong.push({ index, merge });
  }
  if (wrong.length === 0) {
    return merges.length === 0 && idOf.size > 300
      ? [finding('The list of merges is empty: every text falls apart into single bytes.', {})]
      : [];
  }
  const many = wrong.length === 1 ? 'A merge names' : `${wrong.length} merges name`;
  return [
    finding(
      `${many} tokens that the vocabulary does not have: ${listed(wrong.map(({ index, merge }) => `${JSON.stringify(merge)} (${index})`))}.`,
      { count: wrong.length, merges: wrong.slice(0, named) },
    ),
  ];
}

function listed(texts: readonly string[]): string {
  const shown = texts
    .slice(0, 3)
    .map((text) => (text.length > 60 ? `${text.slice(0, 60)}...` : text));
  return texts.length > 3 ? `${shown.join(', ')} and ${texts.length - 3} more` : shown.join(', ');
}
