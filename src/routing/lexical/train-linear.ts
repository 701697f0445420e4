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

const maximumRounds = 20;
/** A round in which no coefficient wants to move by more ends the training. */
const tolerance = 0.02;
/** Beyond this distance from the border a text is left alone until the others have settled. */
const largestAllowed = 0.3;
/** The bias is the weight of a feature that all texts have, with this value. */
const biasValue = 0.6;

/** All texts in three arrays: the features of text i are those from starts[i] to starts[i + 1]. */
interface Rows {
  readonly starts: Int32Array;
  readonly features: Int32Array;
  readonly values: Float64Array;
  /** Squared lengths, the bias included. */
  readonly squares: Float64Array;
}

/** Trains `classes` models over `texts`, leaving out those for which `skip` is true. Deterministic. */
export function trainLinear(
  texts: readonly TrainingText[],
  size: number,
  classes: number,
  penalty: number,
  skip?: (index: number) => boolean,
): LinearModel {
  const used = texts.flatMap((_, index) => (skip?.(index) === true ? [] : [index]));
  const rows = rowsOf(texts);
  const weights = new Float64Array(size * classes);
  const biases = new Float64Array(classes);
  const coefficients: Float64Array[] = [];
  const own = new Float64Array(size);
  for (let label = 0; label < classes; label++) {
    own.fill(0);
    const { bias, alphas } = trainOne(texts, rows, used, label, penalty, own);
    for (let feature = 0; feature < size; feature++) {
      weights[feature * classes + label] = own[feature] as number;
    }
    biases[label] = bias;
    coefficients.push(alphas);
  }
  return { weights, biases, coefficients, classes };
}

function rowsOf(texts: readonly TrainingText[]): Rows {
  const starts = new Int32Array(texts.length + 1);
  for (const [index, { features }] of texts.entries()) {
    starts[index + 1] = (starts[index] as number) + features.length;
  }
  const total = starts[texts.length] as number;
  const features = new Int32Array(total);
  const values = new Float64Array(total);
  const squares = new Float64Array(texts.length);
  for (const [index, text] of texts.entries()) {
    features.set(text.features, starts[index]);
    values.set(text.values, starts[index]);
    squares[index] = text.values.reduce((sum, value) => sum + value * value, biasValue * biasValue);
  }
  return { starts, features, values, squares };
}

/** Fills `weights`; gives the bias and the signed coefficient of each text. */
function trainOne(
  texts: readonly TrainingText[],
  rows: Rows,
  used: readonly number[],
  label: number,
  penalty: number,
  weights: Float64Array,
): { bias: number; alphas: Float64Array } {
  const { starts, features, values, squares } = rows;
  const positives = used.filter((index) => texts[index]?.label === label).length;
  // Few against many: a mistake on the route's own examples costs more, by the root of the imbalance.
  const positiveCost = Math.sqrt(Math.max(1, used.length - positives) / Math.max(1, positives));
  const alphas = new Float64Array(texts.length);
  const signs = new Float64Array(texts.length);
  const softness = new Float64Array(texts.length);
  for (const index of used) {
    const isOwn = texts[index]?.label === label;
    signs[index] = isOwn ? 1 : -1;
    const cost = penalty * (texts[index]?.cost ?? 1) * (isOwn ? positiveCost : 1);
    softness[index] = 1 / (2 * cost);
  }
  const random = mulberry32(1 + label);
  const all = Int32Array.from(used);
  let active = all;
  let bias = 0;
  for (let round = 0; round < maximumRounds; round++) {
    shuffle(active, random);
    let largest = 0;
    let kept = 0;
    for (let place = 0; place < active.length; place++) {
      const index = active[place] as number;
      const end = starts[index + 1] as number;
      const sign = signs[index] as number;
      const alpha = alphas[index] as number;
      let margin = bias * biasValue;
      for (let at = starts[index] as number; at < end; at++) {
        margin += (weights[features[at] as number] as number) * (values[at] as number);
      }
      const soft = softness[index] as number;
      const gradient = sign * margin - 1 + soft * alpha;
      if (alpha === 0 && gradient >= 0) {
        // Texts that are far on their side wait (shrinking); those near the border are looked at again.
        if (gradient < largestAllowed) active[kept++] = index;
        continue;
      }
      active[kept++] = index;
      if (Math.abs(gradient) > largest) largest = Math.abs(gradient);
      const next = Math.max(alpha - gradient / ((squares[index] as number) + soft), 0);
      const step = (next - alpha) * sign;
      alphas[index] = next;
      bias += step * biasValue;
      for (let at = starts[index] as number; at < end; at++) {
        const feature = features[at] as number;
        weights[feature] = (weights[feature] as number) + step * (values[at] as number);
      }
    }
    const isWhole = active.length === all.length;
    active = active.subarray(0, kept);
    if (largest < tolerance) {
      if (isWhole) break;
      // What waited may have come back over the border: one more round over all.
      active = Int32Array.from(used);
    }
  }
  for (const index of used) alphas[index] = (alphas[index] as number) * (signs[index] as number);
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
