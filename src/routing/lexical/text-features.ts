// A text as a sparse vector of words, pairs of words, and pieces of words. Words carry meaning, pairs carry form ("what is",
// "my knee"), and pieces catch what was never seen in this form ("swollen", "swelling") and slips of the keyboard.

export interface Token {
  /** Folded: lower case, no accents. */
  readonly word: string;
  /** As it stands in the text. */
  readonly shown: string;
}

/** A feature's name and the words (by index) that it was made of. */
export interface Feature {
  readonly name: string;
  readonly words: readonly number[];
}

/** Longer texts are told by their beginning and their end: a request stands at one of both. */
const maximumTokens = 320;
const maximumWordLength = 40;
/** Only this much of a longer text is looked at, half at each end. */
const maximumCharacters = 8_000;

/** Blocks of features, in the order of their weights in the vector. */
export const featureBlocks = ['word', 'pair', 'piece'] as const;
export type FeatureBlock = (typeof featureBlocks)[number];

/** Words of a text in order. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const read =
    text.length <= maximumCharacters
      ? text
      : `${text.slice(0, maximumCharacters / 2)} ${text.slice(-maximumCharacters / 2)}`;
  for (const [shown] of read.normalize('NFKC').matchAll(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu)) {
    tokens.push({ shown, word: foldWord(shown) });
  }
  if (tokens.length <= maximumTokens) return tokens;
  const half = maximumTokens / 2;
  return [...tokens.slice(0, half), ...tokens.slice(-half)];
}

function foldWord(shown: string): string {
  return shown
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('’', "'")
    .replace(/'s$/, '')
    .slice(0, maximumWordLength);
}

/** Features of a block with their words; a feature that occurs again is listed again. */
export function featuresOf(tokens: readonly Token[], block: FeatureBlock): Feature[] {
  switch (block) {
    case 'word':
      return tokens.map(({ word }, index) => ({ name: stemOf(word), words: [index] }));
    case 'pair':
      return tokens.slice(1).map(({ word }, index) => ({
        name: `${stemOf(tokens[index]?.word ?? '')} ${stemOf(word)}`,
        words: [index, index + 1],
      }));
    case 'piece':
      return tokens.flatMap(({ word }, index) =>
        piecesOf(word).map((name) => ({ name, words: [index] })),
      );
  }
}

/** Four letters in a row with marks at the word's ends; short words have no pieces, they are words already. */
function piecesOf(word: string): string[] {
  if (word.length < 4) return [];
  const marked = `<${word}>`;
  const pieces: string[] = [];
  for (let start = 0; start + 4 <= marked.length; start++) {
    pieces.push(`~${marked.slice(start, start + 4)}`);
  }
  return pieces;
}

/** One form for singular and plural; other endings are left to the pieces, which do not confuse "organ" and "organize". */
export function stemOf(word: string): string {
  if (word.length <= 3 || word.endsWith('ss') || word.endsWith('us') || word.endsWith('is')) {
    return word;
  }
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:[sxz]|[cs]h)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith('s') ? word.slice(0, -1) : word;
}
