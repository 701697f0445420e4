// The classifier that needs no model: linear models over words, pairs and pieces of words, trained when a manifest is read.
// Its scores are calibrated on examples that were held out one fold after another.
import type { Reason } from '#src/contract/routing/decision.ts';
import { applySigmoid, fitSigmoid, type Sigmoid } from '../calibration/fit-sigmoid.ts';
import type {
  Classification,
  HeldOutScores,
  RouteExamples,
  TrainedClassifier,
} from '../classifier.ts';
import { assignFolds } from '../stable-hash.ts';
import { explainLexical } from './explain-lexical.ts';
import type { LexicalModel, LexicalText } from './lexical-model.ts';
import { marginsOf, trainLinear } from './train-linear.ts';
import { createVectorizer } from './vectorizer.ts';

/** What a mistake on a keyword costs beside one on an example. */
const keywordCost = 0.5;
/** Inverse of the L2 penalty. Chosen by cross-validation on training prompts only. */
const penalty = 4;
const folds = 4;
/** Where too few examples are there to calibrate: margins of -1 and 1 are what training aims at. */
const uncalibrated: Sigmoid = { bias: -0.5, weights: [3] };

export interface LexicalClassifier extends TrainedClassifier {
  /** One text, at once. */
  classifyText(text: string): Classification;
}

/** Learns the routes; `none` are examples of what belongs to no route. Deterministic. */
export function createLexicalClassifier(
  routes: readonly RouteExamples[],
  none: readonly string[],
): LexicalClassifier {
  const vectorizer = createVectorizer(
    [...routes.flatMap(({ examples }) => examples), ...none],
    routes.flatMap(({ keywords }) => keywords),
  );
  const make = (text: string, label: number, isKeyword: boolean): LexicalText => ({
    text,
    label,
    isKeyword,
    cost: isKeyword ? keywordCost : 1,
    ...vectorizer.vector(text),
  });
  const texts = [
    ...routes.flatMap(({ examples }, label) => examples.map((text) => make(text, label, false))),
    ...routes.flatMap(({ keywords }, label) => keywords.map((text) => make(text, label, true))),
    ...none.map((text) => make(text, routes.length, false)),
  ];
  const classes = routes.length + (none.length > 0 ? 1 : 0);
  const linear = trainLinear(texts, vectorizer.size, classes, penalty);
  const { sigmoid, heldOut } = calibrate(texts, vectorizer.size, classes, routes.length);
  const model: LexicalModel = { vectorizer, texts, linear, sigmoid };
  const classifyText = (text: string) => classifyLexical(model, routes, text);
  return {
    heldOut,
    classifyText,
    classify: (given) => Promise.resolve(given.map(classifyText)),
  };
}

function classifyLexical(
  model: LexicalModel,
  routes: readonly RouteExamples[],
  text: string,
): Classification {
  const vector = model.vectorizer.vector(text);
  const margins = marginsOf(model.linear, vector);
  const scores = Array.from(margins, (margin) => applySigmoid(model.sigmoid, [margin]));
  return {
    scores: scores.slice(0, routes.length),
    none: scores[routes.length] ?? 0,
    by: 'lexical',
    explain: (route): Reason[] => explainLexical(model, vector, route, routes[route]?.id ?? ''),
  };
}

/** Trains without each fold in turn and looks at what it says about that fold. */
function calibrate(
  texts: readonly LexicalText[],
  size: number,
  classes: number,
  routeCount: number,
): { sigmoid: Sigmoid; heldOut: HeldOutScores[] } {
  const examples = texts.flatMap((text, index) => (text.isKeyword ? [] : [{ text, index }]));
  const assigned = assignFolds(
    examples.map(({ text }) => text),
    folds,
  );
  const foldOf = new Int32Array(texts.length).fill(-1);
  for (const [place, { index }] of examples.entries()) foldOf[index] = assigned[place] ?? 0;
  const margins = new Map<number, Float64Array>();
  for (let fold = 0; fold < folds; fold++) {
    const held = examples.filter(({ index }) => foldOf[index] === fold);
    if (held.length === 0) continue;
    const model = trainLinear(texts, size, classes, penalty, (index) => foldOf[index] === fold);
    for (const { text, index } of held) margins.set(index, marginsOf(model, text));
  }
  const samples = examples.flatMap(({ text, index }) =>
    Array.from(margins.get(index) ?? [], (margin, label) => ({
      inputs: [margin],
      right: label === text.label,
    })),
  );
  const sigmoid = fitSigmoid(samples, uncalibrated);
  const heldOut = examples.map(({ text, index }) => {
    const scores = Array.from(margins.get(index) ?? [], (margin) =>
      applySigmoid(sigmoid, [margin]),
    );
    return {
      text: text.text,
      route: text.label < routeCount ? text.label : -1,
      scores: scores.slice(0, routeCount),
      none: scores[routeCount] ?? 0,
    };
  });
  return { sigmoid, heldOut };
}
