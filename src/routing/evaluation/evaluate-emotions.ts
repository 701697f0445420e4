// What the emotion lexicon is worth on sentences that a person labelled: configs/routing/emotions.json, reported in
// docs/routing.md.
import type { EmotionSet } from '#src/contract/routing/evaluation.ts';
import { emotionLabels, type EmotionLabel } from '#src/contract/routing/manifest.ts';
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';
import type { DetectEmotion } from '../emotion/detect-emotion.ts';

export interface EmotionEvaluation {
  readonly labels: readonly EmotionLabel[];
  /** Row: what a reader sees; column: what was detected. */
  readonly confusion: readonly (readonly number[])[];
  /** With 95 % Wilson intervals. */
  readonly accuracy: Share;
  /** Of the sentences that show a feeling: those in which the right one was seen. */
  readonly seen: Share;
  /** Of the sentences in which a feeling was detected: those that show it. */
  readonly right: Share;
  readonly mistaken: readonly {
    readonly text: string;
    readonly expected: EmotionLabel;
    readonly detected: EmotionLabel;
  }[];
}

export interface Share {
  readonly hits: number;
  readonly count: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export async function evaluateEmotions(
  { emotions }: EmotionSet,
  detect: DetectEmotion,
): Promise<EmotionEvaluation> {
  const confusion = emotionLabels.map(() => emotionLabels.map(() => 0));
  const mistaken: { text: string; expected: EmotionLabel; detected: EmotionLabel }[] = [];
  for (const [row, expected] of emotionLabels.entries()) {
    for (const text of emotions[expected]) {
      const { label } = await detect(text);
      const counts = confusion[row] ?? [];
      const column = emotionLabels.indexOf(label);
      counts[column] = (counts[column] ?? 0) + 1;
      if (label !== expected) mistaken.push({ text, expected, detected: label });
    }
  }
  const at = (row: number, column: number) => confusion[row]?.[column] ?? 0;
  const indices = [...emotionLabels.keys()];
  const neutral = emotionLabels.indexOf('neutral');
  const feelings = indices.filter((index) => index !== neutral);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const rightOf = (rows: readonly number[]) => sum(rows.map((row) => at(row, row)));
  const inRows = (rows: readonly number[]) =>
    sum(rows.flatMap((row) => indices.map((column) => at(row, column))));
  const inColumns = (columns: readonly number[]) =>
    sum(columns.flatMap((column) => indices.map((row) => at(row, column))));
  return {
    labels: emotionLabels,
    confusion,
    accuracy: shareOf(rightOf(indices), inRows(indices)),
    seen: shareOf(rightOf(feelings), inRows(feelings)),
    right: shareOf(rightOf(feelings), inColumns(feelings)),
    mistaken,
  };
}

export function shareOf(hits: number, count: number): Share {
  return { hits, count, value: count === 0 ? 0 : hits / count, ...wilsonInterval(hits, count) };
}
