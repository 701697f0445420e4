// What the emotion lexicon is worth, measured where it is told: the window and docs/routing.md have the figures of one set.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emotionSetSchema } from '#src/contract/routing/evaluation.ts';
import { packageRoot } from '#src/io/package-root.ts';
import { detectEmotion } from '#src/routing/emotion/detect-emotion.ts';
import {
  evaluateEmotions,
  type EmotionEvaluation,
} from '#src/routing/evaluation/evaluate-emotions.ts';

export type LexiconFigures = Pick<EmotionEvaluation, 'accuracy' | 'seen' | 'right'> & {
  /** Feelings that it tells apart, neutral being one. */
  readonly labels: number;
};

/** Asks the lexicon the sentences of configs/routing/emotions.json. */
export async function measureLexicon(): Promise<LexiconFigures> {
  const path = join(packageRoot(), 'configs', 'routing', 'emotions.json');
  const set = emotionSetSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const { labels, accuracy, seen, right } = await evaluateEmotions(set, detectEmotion);
  return { labels: labels.length, accuracy, seen, right };
}
