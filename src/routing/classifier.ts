// What every classifier gives: calibrated scores of all routes for a text, and on request the reasons behind one of them.
import type { Reason } from '#src/contract/routing/decision.ts';

/** Texts to vectors of one length; one call embeds all of them. */
export type EmbedTexts = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** A route as a classifier learns it. */
export interface RouteExamples {
  readonly id: string;
  readonly examples: readonly string[];
  readonly keywords: readonly string[];
}

export interface Classification {
  /** By route in the manifest's order: the probability that the text belongs to it, 0 to 1. They need not sum to 1. */
  readonly scores: readonly number[];
  /** Probability that the text is like the fallback's examples; 0 where there are none. */
  readonly none: number;
  readonly by: 'lexical' | 'embedding';
  /** Why this route has its score: the parts of the model that made it, heaviest first. */
  explain(route: number): Reason[];
}

export interface Classifier {
  /** All texts at once, so that they cost one call of a model. */
  classify(texts: readonly string[]): Promise<readonly Classification[]>;
}

/** Held-out scores of one example: what a classifier says about it when it was not trained on it. */
export interface HeldOutScores {
  readonly text: string;
  /** Number of its route; -1: none of these. */
  readonly route: number;
  readonly scores: readonly number[];
  readonly none: number;
}

/** A classifier that learned from examples, with what thresholds are trained on. */
export interface TrainedClassifier extends Classifier {
  readonly heldOut: readonly HeldOutScores[];
}
