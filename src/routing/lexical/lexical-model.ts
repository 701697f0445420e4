// What the lexical classifier learned: shared by deciding and by explaining.
import type { Sigmoid } from '../calibration/fit-sigmoid.ts';
import type { LinearModel, TrainingText } from './train-linear.ts';
import type { Vectorizer } from './vectorizer.ts';

/** An example or keyword with its vector. */
export interface LexicalText extends TrainingText {
  readonly text: string;
  readonly isKeyword: boolean;
}

export interface LexicalModel {
  readonly vectorizer: Vectorizer;
  readonly texts: readonly LexicalText[];
  readonly linear: LinearModel;
  readonly sigmoid: Sigmoid;
}
