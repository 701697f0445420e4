// From features to numbers: TF-IDF by block. Features that no example has still count in the length of a vector, so that a
// text made of unknown words is like nothing at all: that is how off-topic requests are told.
import {
  featureBlocks,
  featuresOf,
  tokenize,
  type FeatureBlock,
  type Token,
} from './text-features.ts';

export interface TextVector {
  /** Numbers of known features, each once. */
  readonly features: Int32Array;
  readonly values: Float64Array;
}

/** A vector with what it was made of, for explanations. */
export interface ExplainedVector extends TextVector {
  readonly tokens: readonly Token[];
  /** Words (by index) of each known feature, beside `features`. */
  readonly words: readonly (readonly number[])[];
}

/** Share of each block in a vector; squares sum to 1. Chosen by cross-validation on training prompts only. */
const blockWeights: Readonly<Record<FeatureBlock, number>> = {
  word: Math.sqrt(0.55),
  pair: Math.sqrt(0.1),
  piece: Math.sqrt(0.35),
};

export interface Vectorizer {
  readonly size: number;
  vector(text: string): ExplainedVector;
}

/** Learns which features there are and how rare they are. `texts` count for rarity, `terms` (keywords) only make features known. */
export function createVectorizer(texts: readonly string[], terms: readonly string[]): Vectorizer {
  const numbers = new Map<string, number>();
  const documents: number[] = [];
  const learn = (text: string, counts: boolean) => {
    const tokens = tokenize(text);
    for (const block of featureBlocks) {
      for (const name of new Set(featuresOf(tokens, block).map((feature) => feature.name))) {
        let number = numbers.get(name);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(name, number);
          documents.push(0);
        }
        if (counts) documents[number] = (documents[number] ?? 0) + 1;
      }
    }
  };
  for (const text of texts) learn(text, true);
  for (const term of terms) learn(term, false);
  const rarity = (count: number) => Math.log((1 + texts.length) / (1 + count)) + 1;
  const weights = Float64Array.from(documents, rarity);
  const unknownWeight = rarity(0);
  return {
    size: numbers.size,
    vector: (text) => vectorOf(tokenize(text), numbers, weights, unknownWeight),
  };
}

function vectorOf(
  tokens: readonly Token[],
  numbers: ReadonlyMap<string, number>,
  weights: Float64Array,
  unknownWeight: number,
): ExplainedVector {
  const features: number[] = [];
  const values: number[] = [];
  const words: number[][] = [];
  for (const block of featureBlocks) {
    const counted = new Map<string, { count: number; words: number[] }>();
    for (const feature of featuresOf(tokens, block)) {
      const known = counted.get(feature.name);
      if (known === undefined) counted.set(feature.name, { count: 1, words: [...feature.words] });
      else {
        known.count++;
        known.words.push(...feature.words);
      }
    }
    let squares = 0;
    const from = values.length;
    for (const [name, { count, words: madeOf }] of counted) {
      const number = numbers.get(name);
      const value =
        (1 + Math.log(count)) * (number === undefined ? unknownWeight : (weights[number] ?? 0));
      squares += value * value;
      if (number === undefined) continue;
      features.push(number);
      values.push(value);
      words.push(madeOf);
    }
    const scale = squares === 0 ? 0 : blockWeights[block] / Math.sqrt(squares);
    for (let index = from; index < values.length; index++) {
      values[index] = (values[index] ?? 0) * scale;
    }
  }
  return { tokens, words, features: Int32Array.from(features), values: Float64Array.from(values) };
}
