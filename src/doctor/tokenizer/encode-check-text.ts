// The reference's fingerprint of a tokenizer, computed from a GGUF: its check text as the ids that the original tokenizer
// would give it (conversion/base.py, get_vocab_base_pre). A GGUF holds the vocabulary and the merges but not the splitting
// rules, so the text is encoded with each rule that is known: the hash is met only by the right one.
import {
  preTokenizerRules,
  type SplitStep,
} from '#src/architectures/vocabulary/pre-tokenizer-rules.ts';
import { preTokenizerTestText } from '#src/architectures/vocabulary/pre-tokenizer-hashes.ts';
import { nameOfHash } from '#src/architectures/vocabulary/recognize-pre-tokenizer.ts';
import { byteLevelCharacters } from '#src/formats/huggingface/byte-level.ts';
import { isSpecialType, specialId, type Vocabulary } from './vocabulary.ts';

/** GPT-2's words, by which `ByteLevel` splits. */
const words = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const anyCase = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
/** Bloom's own pattern nests a class in a class; this is llama.cpp's form of it. */
const bloomWords = String.raw` ?[^(\s|.,!?…。，、।۔،)]+`;

/**
 * The reference's names of the pre-tokenizers that the vocabulary may belong to, the likeliest first: more than one where
 * tokenizers differ only in what they put around a text. Empty when the reference does not know the tokenizer, or it is
 * none of byte-level BPE.
 */
export async function recognizeByCheckText(vocabulary: Vocabulary): Promise<readonly string[]> {
  const encoder = bytePairEncoder(vocabulary);
  if (encoder === undefined) return [];
  const found = new Map<string, number>();
  const tried = new Set<string>();
  for (const steps of distinctSteps()) {
    for (const ignoresMerges of [false, true]) {
      const ids = encoder(steps, ignoresMerges);
      if (ids === undefined || tried.has(ids.join(' '))) continue;
      tried.add(ids.join(' '));
      for (const wrapped of withEnds(ids, vocabulary)) {
        const name = nameOfHash(await hashOf(wrapped));
        // What puts its first token around a text is the original, and what does not was made from it.
        if (name !== undefined) found.set(name, Math.max(found.get(name) ?? 0, wrapped.length));
      }
    }
  }
  return [...found].sort(([, left], [, right]) => right - left).map(([name]) => name);
}

async function hashOf(ids: readonly number[]): Promise<string> {
  const bytes = new TextEncoder().encode(`[${ids.join(', ')}]`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Some tokenizers put their first and last token around every text. */
function withEnds(ids: readonly number[], vocabulary: Vocabulary): number[][] {
  const bos = specialId(vocabulary, 'bos');
  const eos = specialId(vocabulary, 'eos');
  return [
    [...ids],
    ...(bos === undefined ? [] : [[bos, ...ids]]),
    ...(eos === undefined ? [] : [[...ids, eos]]),
    ...(bos === undefined || eos === undefined ? [] : [[bos, ...ids, eos]]),
  ];
}

let patterns: readonly (readonly RegExp[])[] | undefined;

function distinctSteps(): readonly (readonly RegExp[])[] {
  patterns ??= [...new Set(preTokenizerRules.map(({ steps }) => JSON.stringify(steps)))].flatMap(
    (text) => {
      const steps = (JSON.parse(text) as SplitStep[]).map(patternOf);
      return steps.includes(undefined) ? [] : [steps.filter((step) => step !== undefined)];
    },
  );
  return patterns;
}

/** Undefined for steps that are not of byte-level BPE. */
function patternOf(step: SplitStep): RegExp | undefined {
  if (step.startsWith('split ')) {
    const pattern = step.slice(6).replaceAll("(?i:'s|'t|'re|'ve|'m|'ll|'d)", anyCase);
    return new RegExp(pattern.startsWith(' ?[^(') ? bloomWords : pattern, 'gu');
  }
  switch (step) {
    case 'bytes words':
      return new RegExp(words, 'gu');
    case 'bytes':
      return /[^]+/gu;
    case 'digits one':
      return /\p{N}/gu;
    case 'digits run':
      return /\p{N}+/gu;
    case 'punctuation runs':
      return /[\p{P}$+<=>^`|~]+/gu;
    default:
      return undefined;
  }
}

type Encoder = (steps: readonly RegExp[], ignoresMerges: boolean) => number[] | undefined;

/** Undefined ids when a piece has no token: then the rules are not this tokenizer's. */
function bytePairEncoder(vocabulary: Vocabulary): Encoder | undefined {
  const { merges, tokens, types, idOf } = vocabulary;
  if (vocabulary.model !== 'gpt2' || merges === undefined) return undefined;
  const rankOf = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) if (!rankOf.has(merge)) rankOf.set(merge, rank);
  const added = tokens.filter((_, id) => isSpecialType(types?.[id]) && tokens[id] !== '');
  const stretches = splitAdded(preTokenizerTestText, added);
  return (steps, ignoresMerges) => {
    const ids: number[] = [];
    for (const { text, isToken } of stretches) {
      const pieces = isToken ? [] : splitBy(text, steps);
      if (isToken) ids.push(idOf.get(text) ?? -1);
      for (const piece of pieces) {
        const encoded = Array.from(
          new TextEncoder().encode(piece),
          (byte) => byteLevelCharacters[byte] ?? '',
        );
        const whole = ignoresMerges ? idOf.get(encoded.join('')) : undefined;
        const parts = whole === undefined ? mergeParts(encoded, rankOf) : [encoded.join('')];
        for (const part of parts) {
          const id = idOf.get(part);
          if (id === undefined) return undefined;
          ids.push(id);
        }
      }
    }
    return ids;
  };
}

interface Stretch {
  readonly text: string;
  readonly isToken: boolean;
}

/** Added tokens are cut out first: at each place the longest that matches. */
function splitAdded(text: string, added: readonly string[]): Stretch[] {
  const within = added
    .filter((token) => text.includes(token))
    .sort((left, right) => right.length - left.length);
  if (within.length === 0) return [{ text, isToken: false }];
  const stretches: Stretch[] = [];
  let start = 0;
  for (let position = 0; position < text.length;) {
    const token = within.find((candidate) => text.startsWith(candidate, position));
    if (token === undefined) {
      position++;
      continue;
    }
    if (position > start) stretches.push({ text: text.slice(start, position), isToken: false });
    stretches.push({ text: token, isToken: true });
    position += token.length;
    start = position;
  }
  if (start < text.length) stretches.push({ text: text.slice(start), isToken: false });
  return stretches;
}

/** Each step cuts every piece into its matches and what lies between them. */
function splitBy(text: string, steps: readonly RegExp[]): string[] {
  let pieces = [text];
  for (const step of steps) {
    pieces = pieces.flatMap((piece) => {
      const cut: string[] = [];
      let end = 0;
      for (const match of piece.matchAll(step)) {
        if (match.index > end) cut.push(piece.slice(end, match.index));
        if (match[0] !== '') cut.push(match[0]);
        end = match.index + match[0].length;
      }
      if (end < piece.length) cut.push(piece.slice(end));
      return cut;
    });
  }
  return pieces;
}

/** Joins the pair of lowest rank until no pair has one. */
function mergeParts(characters: readonly string[], rankOf: ReadonlyMap<string, number>): string[] {
  const parts = [...characters];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let index = 0; index + 1 < parts.length; index++) {
      const rank = rankOf.get([parts[index], parts[index + 1]].join(' '));
      if (rank !== undefined && rank < best) [best, at] = [rank, index];
    }
    if (at < 0) return parts;
    parts.splice(at, 2, parts.slice(at, at + 2).join(''));
  }
}
