// Tokens whose text was changed. In byte-level BPE every plain token is a byte or what a merge makes (all vocabularies that
// llama.cpp publishes keep to it), so a text that none makes stands where one is missing.
import { tokenTypes } from '#src/architectures/vocabulary/token-types.ts';
import { byteLevelCharacters } from '#src/formats/huggingface/byte-level.ts';
import { mergeHalves } from './merge-halves.ts';
import { isBytePair, isSurelySpecial, type Vocabulary } from './vocabulary.ts';

export interface StrangeTokens {
  /** Ids, rising. */
  readonly strange: readonly number[];
  /** Texts that the merges need and the vocabulary lacks: bytes, then in the merges' order. */
  readonly lacking: readonly string[];
  /** `lacking` is what stood at `strange`, one for one: more than one merge says so, or no text can be what is there. */
  readonly isCertain: boolean;
}

const none: StrangeTokens = { strange: [], lacking: [], isCertain: false };
const found = new WeakMap<Vocabulary, StrangeTokens>();

/** Empty when the merges alone are wrong: those name halves that nothing makes. */
export function findStrangeTokens(vocabulary: Vocabulary): StrangeTokens {
  const known = found.get(vocabulary) ?? find(vocabulary);
  found.set(vocabulary, known);
  return known;
}

function find(vocabulary: Vocabulary): StrangeTokens {
  const { tokens, types, merges, idOf, model } = vocabulary;
  if (!isBytePair(vocabulary) || merges === undefined || merges.length === 0) return none;
  const made = new Set<string>();
  const rankOf = new Map<string, number>();
  const usedAsHalf = new Set<string>();
  for (const [rank, merge] of merges.entries()) {
    const { left, right } = mergeHalves(merge);
    if (left === '') continue;
    made.add(left + right);
    if (!rankOf.has(left + right)) rankOf.set(left + right, rank);
    usedAsHalf.add(left).add(right);
  }
  const alphabet = byteLevelCharacters.filter((character) => idOf.has(character));
  const isByteLevel = model === 'gpt2' && alphabet.length > 200;
  const letters = new Set(isByteLevel ? byteLevelCharacters : []);
  const lacking = [
    ...[...letters].filter((letter) => !idOf.has(letter)),
    ...[...rankOf.keys()].filter((text) => {
      if (idOf.has(text)) return false;
      const { left, right } = mergeHalves(merges[rankOf.get(text) ?? 0] ?? '');
      return [left, right].every((half) => idOf.has(half) || made.has(half) || letters.has(half));
    }),
  ];
  if (lacking.length === 0 || lacking.length > tokens.length / 10) return none;
  const strange = tokens.flatMap((token, id) => {
    const type = types?.[id] ?? tokenTypes.normal;
    if (type !== tokenTypes.normal || isSurelySpecial(token)) return [];
    if (Array.from(token).length === 1)
      return isByteLevel && !letters.has(token) && !made.has(token) ? [id] : [];
    return made.has(token) ? [] : [id];
  });
  const all = [...strange, ...displaced(vocabulary, rankOf)].sort((left, right) => left - right);
  if (all.length === 0) return none;
  const isImpossible = (id: number) => {
    const token = tokens[id] ?? '';
    return (
      token === '' ||
      idOf.get(token) !== id ||
      made.has(token) ||
      Array.from(token).some((each) => isByteLevel && !letters.has(each))
    );
  };
  const isCertain =
    all.length === lacking.length &&
    (lacking.every((text) => usedAsHalf.has(text) || letters.has(text)) || all.every(isImpossible));
  return { strange: all, lacking, isCertain };
}

/** Of two ids with one text the one that does not stand where the others of its merge's neighbours do. */
function displaced({ tokens, idOf }: Vocabulary, rankOf: ReadonlyMap<string, number>): number[] {
  const ids = new Map<string, number[]>();
  for (const [id, token] of tokens.entries()) {
    if (token !== '' && idOf.get(token) !== id) ids.set(token, [...(ids.get(token) ?? []), id]);
  }
  return [...ids].flatMap(([token, others]) => {
    const rank = rankOf.get(token);
    const all = [...others, idOf.get(token) ?? -1];
    if (rank === undefined) return [];
    const fits = all.find((id) => {
      const before = rankOf.get(tokens[id - 1] ?? '');
      const after = rankOf.get(tokens[id + 1] ?? '');
      return before === rank - 1 || after === rank + 1;
    });
    return all.filter((id) => id !== (fits ?? all[0]));
  });
}
