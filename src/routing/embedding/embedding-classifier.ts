// The classifier that compares meanings: vectors of all examples, and a text's likeness to those of each route. What likeness
// means differs from model to model, so its scale is learned from the examples themselves, each left out in turn.
import type { Reason } from '#src/contract/routing/decision.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { createLikenessKernel, type LikenessKernel } from '#src/kernels/likeness-kernel.ts';
import { applySigmoid, fitSigmoid, type Sigmoid } from '../calibration/fit-sigmoid.ts';
import type {
  Classification,
  EmbedTexts,
  HeldOutScores,
  RouteExamples,
  TrainedClassifier,
} from '../classifier.ts';
import { dotProduct } from '../dot-product.ts';
import { nearestLikenesses } from './nearest-likeness.ts';

export interface EmbeddingOptions {
  readonly method: 'centroids' | 'nearest';
  /** Nearest examples of a route that count. */
  readonly neighbours: number;
}

interface EmbeddedText {
  readonly text: string;
  /** Number of its route; the number of routes for none. */
  readonly label: number;
  /** Of length 1 after the mean of all examples was taken off. */
  readonly vector: Float32Array;
}

/** Two inputs: how like the route, and how much more than the best other one. */
const uncalibrated: Sigmoid = { bias: -2, weights: [4, 6] };
const shownExamples = 3;
/** With more examples only this many, evenly spread, are left out for calibration. */
const maximumCalibrated = 300;

/** Embeds all examples in one call. Throws `routing/embedding` for vectors that do not belong together. */
export async function createEmbeddingClassifier(
  routes: readonly RouteExamples[],
  none: readonly string[],
  embed: EmbedTexts,
  options: EmbeddingOptions,
): Promise<TrainedClassifier> {
  const labelled = [
    ...routes.flatMap(({ examples }, label) => examples.map((text) => ({ text, label }))),
    ...none.map((text) => ({ text, label: routes.length })),
  ];
  const raw = await embedAll(
    embed,
    labelled.map(({ text }) => text),
  );
  const mean = meanOf(raw);
  const texts = labelled.map((text, index) => ({
    ...text,
    vector: normalize(raw[index] ?? new Float32Array(mean.length), mean),
  }));
  const classes = routes.length + (none.length > 0 ? 1 : 0);
  const groups = Array.from({ length: classes }, (_, label) =>
    texts.filter((text) => text.label === label),
  );
  const likeness =
    options.method === 'centroids'
      ? likenessToCentroids(groups, mean.length)
      : likenessToNearest(texts, groups, mean.length, options.neighbours);
  const { sigmoid, heldOut } = calibrate(texts, routes.length, likeness);
  const scoresOf = (likenesses: readonly number[]) =>
    inputsOf(likenesses).map((inputs) => applySigmoid(sigmoid, inputs));

  return {
    heldOut,
    classify: async (given) => {
      const vectors = await embedAll(embed, given, mean.length);
      return vectors.map((vector): Classification => {
        const direction = normalize(vector, mean);
        const scores = scoresOf(likeness(direction));
        return {
          scores: scores.slice(0, routes.length),
          none: scores[routes.length] ?? 0,
          by: 'embedding',
          explain: (route) => explain(direction, groups[route] ?? [], routes[route]?.id ?? ''),
        };
      });
    },
  };
}

async function embedAll(
  embed: EmbedTexts,
  texts: readonly string[],
  length?: number,
): Promise<readonly Float32Array[]> {
  if (texts.length === 0) return [];
  const vectors = await embed(texts);
  const expected = length ?? vectors[0]?.length ?? 0;
  const isSound =
    vectors.length === texts.length &&
    expected > 0 &&
    vectors.every((vector) => vector.length === expected && vector.every(Number.isFinite));
  if (isSound) return vectors;
  throw new StudioError(
    'routing/embedding',
    `The embedding model gave ${vectors.length} vectors for ${texts.length} texts, or vectors that are not finite or of different lengths.`,
    { hint: 'Choose another embedding model, or set the classifier to "lexical".' },
  );
}

/** Hidden states share a large common part that says nothing about a text; it is the mean, which is taken off. */
function meanOf(vectors: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    const length = normOf(vector);
    for (let at = 0; at < mean.length; at++) {
      mean[at] = (mean[at] as number) + (vector[at] as number) / length / vectors.length;
    }
  }
  return mean;
}

function normalize(vector: Float32Array, mean: Float64Array): Float32Array {
  const length = normOf(vector);
  const centred = vector.map((value, at) => value / length - (mean[at] as number));
  const rest = normOf(centred);
  return centred.map((value) => value / rest);
}

/** By class; `without` is left out of its own, as if it had not been among the examples. */
type Likeness = (vector: Float32Array, without?: EmbeddedText) => number[];

/** Likeness to the sum of a group's vectors, whose direction is the centroid. */
function likenessToCentroids(
  groups: readonly (readonly EmbeddedText[])[],
  length: number,
): Likeness {
  const centroids = groups.map((group) => {
    const sum = new Float32Array(length);
    for (const { vector } of group) {
      for (let at = 0; at < length; at++) sum[at] = (sum[at] as number) + (vector[at] as number);
    }
    return { sum, norm: normOf(sum), count: group.length };
  });
  return (vector, without) =>
    centroids.map(({ sum, norm, count }, label) => {
      if (without?.label !== label) return count === 0 ? -1 : dotProduct(vector, sum) / norm;
      if (count === 1) return -1;
      const rest = sum.map((value, at) => value - (without.vector[at] as number));
      return dotProduct(vector, rest) / normOf(rest);
    });
}

/** Mean likeness to the nearest few of each group. `texts` are those of all groups, one group after the other. */
function likenessToNearest(
  texts: readonly EmbeddedText[],
  groups: readonly (readonly EmbeddedText[])[],
  length: number,
  neighbours: number,
): Likeness {
  if (texts.length === 0) return () => groups.map(() => -1);
  const kernel: LikenessKernel = createLikenessKernel(
    texts.map(({ vector }) => vector),
    length,
  );
  const places = new Map(texts.map((text, index) => [text, index]));
  const ends: number[] = [];
  for (const group of groups) ends.push((ends.at(-1) ?? 0) + group.length);
  return (vector, without) => {
    const leftOut = without === undefined ? -1 : (places.get(without) ?? -1);
    return nearestLikenesses(kernel.compare(vector), ends, neighbours, leftOut);
  };
}

function normOf(vector: Float32Array): number {
  return Math.sqrt(dotProduct(vector, vector)) || 1;
}

/** By class: the likeness, and its distance to the best of the others. */
function inputsOf(likenesses: readonly number[]): number[][] {
  let best = -1;
  let second = -1;
  let bestAt = -1;
  for (let at = 0; at < likenesses.length; at++) {
    const value = likenesses[at] as number;
    if (value > best) {
      second = best;
      best = value;
      bestAt = at;
    } else if (value > second) {
      second = value;
    }
  }
  return likenesses.map((likeness, at) => [likeness, likeness - (at === bestAt ? second : best)]);
}

function calibrate(
  texts: readonly EmbeddedText[],
  routeCount: number,
  likeness: Likeness,
): { sigmoid: Sigmoid; heldOut: HeldOutScores[] } {
  const step = Math.max(1, texts.length / maximumCalibrated);
  const chosen = texts.filter(
    (_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step),
  );
  const rows = chosen.map((text) => ({ text, inputs: inputsOf(likeness(text.vector, text)) }));
  const sigmoid = fitSigmoid(
    rows.flatMap(({ text, inputs }) =>
      inputs.map((row, label) => ({ inputs: row, right: label === text.label })),
    ),
    uncalibrated,
  );
  const heldOut = rows.map(({ text, inputs }) => {
    const scores = inputs.map((row) => applySigmoid(sigmoid, row));
    return {
      text: text.text,
      route: text.label < routeCount ? text.label : -1,
      scores: scores.slice(0, routeCount),
      none: scores[routeCount] ?? 0,
    };
  });
  return { sigmoid, heldOut };
}

/** The nearest examples: what decides for `nearest`, and the heaviest parts of the centroid for `centroids`. */
function explain(vector: Float32Array, group: readonly EmbeddedText[], route: string): Reason[] {
  return group
    .map(({ text, vector: other }) => ({ text, similarity: dotProduct(vector, other) }))
    .toSorted((left, right) => right.similarity - left.similarity)
    .slice(0, shownExamples)
    .filter(({ similarity }) => similarity > 0)
    .map(({ text, similarity }) => ({
      kind: 'example',
      route,
      text,
      similarity: Math.min(1, similarity),
    }));
}
