// One linear model per route against all the rest: squared hinge loss with an L2 penalty, by dual coordinate descent (Hsieh et
// al., 2008, as in liblinear). Its dual form is what makes decisions explain themselves: the weights are a sum of examples,
// so a score splits exactly into words and into examples.
import { mulberry32 } from '#src/random/mulberry32.ts';
import type { TextVector } from './vectorizer.ts';

export interface TrainingText extends TextVector {
  /** Number of the class. */
  readonly label: number;
  /** How much a mistake here costs: 1 for an example, less for a keyword. */
  readonly cost: number;
}

export interface LinearModel {
  /** Weight of feature f for class c at [f * classes + c]. */
  readonly weights: Float64Array;
  readonly biases: Float64Array;
  /** By class: signed coefficient of every training text (positive for those of the class). */
  readonly coefficients: readonly Float64Array[];
  readonly classes: number;
}

const rounds = 12;
/** The bias is the weight of a feature that all texts have, with this value. */
const biasValue = 0.6;

/** Trains `classes` models over `texts`, leaving out those for which `skip` is true. Deterministic. */
export function trainLinear(
  texts: readonly TrainingText[],
  size: number,
  classes: number,
  penalty: number,
  skip?: (index: number) => boolean,
): LinearModel {
  const used = texts.flatMap((_, index) => (skip?.(index) === true ? [] : [index]));
  const weights = new Float64Array(size * classes);
  const biases = new Float64Array(classes);
  const coefficients: Float64Array[] = [];
  const own = new Float64Array(size);
  for (let label = 0; label < classes; label++) {
    own.fill(0);
    const { bias, alphas } = trainOne(texts, used, label, penalty, own);
    for (let feature = 0; feature < size; feature++) {
      weights[feature * classes + label] = own[feature] ?? 0;
    }
    biases[label] = bias;
    coefficients.push(alphas);
  }
  return { weights, biases, coefficients, classes };
}

/** Fills `weights`; gives the bias and the signed coefficient of each text. */
function trainOne(
  texts: readonly TrainingText[],
  used: readonly number[],
  label: number,
  penalty: number,
  weights: Float64Array,
): { bias: number; alphas: Float64Array } {
  const order = Int32Array.from(used);
  const positives = used.filter((index) => texts[index]?.label === label).length;
  // Few against many: a mistake on the route's own examples costs more, by the root of the imbalance.
  const positiveCost = Math.sqrt(Math.max(1, used.length - positives) / Math.max(1, positives));
  const alphas = new Float64Array(texts.length);
  const diagonal = new Float64Array(texts.length);
  const curvature = new Float64Array(texts.length);
  for (const index of used) {
    const text = texts[index];
    if (text === undefined) continue;
    const cost = penalty * text.cost * (text.label === label ? positiveCost : 1);
    const softness = 1 / (2 * cost);
    diagonal[index] = softness;
    let squares = biasValue * biasValue;
    for (const value of text.values) squares += value * value;
    curvature[index] = squares + softness;
  }
  const random = mulberry32(1 + label);
  let bias = 0;
  for (let round = 0; round < rounds; round++) {
    shuffle(order, random);
    for (const index of order) {
      const text = texts[index];
      if (text === undefined) continue;
      const { features, values } = text;
      const sign = text.label === label ? 1 : -1;
      let margin = bias * biasValue;
      for (let at = 0; at < features.length; at++) {
        margin += (weights[features[at] ?? 0] ?? 0) * (values[at] ?? 0);
      }
      const alpha = alphas[index] ?? 0;
      const gradient = sign * margin - 1 + (diagonal[index] ?? 0) * alpha;
      if (alpha === 0 && gradient >= 0) continue;
      const next = Math.max(alpha - gradient / (curvature[index] ?? 1), 0);
      const step = (next - alpha) * sign;
      if (step === 0) continue;
      alphas[index] = next;
      bias += step * biasValue;
      for (let at = 0; at < features.length; at++) {
        const feature = features[at] ?? 0;
        weights[feature] = (weights[feature] ?? 0) + step * (values[at] ?? 0);
      }
    }
  }
  for (const index of used) {
    if (texts[index]?.label !== label) alphas[index] = -(alphas[index] ?? 0);
  }
  return { bias: bias * biasValue, alphas };
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
}

/** Margins of all classes for a text. */
export function marginsOf(
  { weights, biases, classes }: LinearModel,
  text: TextVector,
): Float64Array {
  const margins = Float64Array.from(biases);
  for (let at = 0; at < text.features.length; at++) {
    const row = (text.features[at] ?? 0) * classes;
    const value = text.values[at] ?? 0;
    for (let label = 0; label < classes; label++) {
      margins[label] = (margins[label] ?? 0) + (weights[row + label] ?? 0) * value;
    }
  }
  return margins;
}
