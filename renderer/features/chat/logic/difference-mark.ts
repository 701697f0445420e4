// Where the first differing token stands in an answer's text, and what its card says.
import type { FirstDifference } from '#src/contract/column.ts';

/** Characters of an answer's text, end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The token of one side in the text of its answer, without the white space around it; undefined when there is nothing to
 * mark: the same answers, the end of the answer, or a text that is not the one compared.
 */
export function differenceRange(
  text: string,
  difference: FirstDifference,
  side: number,
): TextRange | undefined {
  const token = difference.sides[side]?.token ?? '';
  if (difference.position === null || token === '') return undefined;
  // Token borders may fall inside a character or differ in white space: look closely around the place.
  const near = text.indexOf(token, Math.max(0, difference.characters - 2));
  const start = near >= 0 && near <= difference.characters + 2 ? near : difference.characters;
  const leading = token.length - token.trimStart().length;
  const from = start + leading;
  const to = Math.min(text.length, start + Math.max(token.trimEnd().length, leading + 1));
  return from < to ? { start: from, end: to } : undefined;
}

/** One line of the card: the two tokens as this model sees them there, column one's token first. */
export interface DifferenceLine {
  readonly column: string;
  readonly tokens: readonly { token: string; probability: number | undefined }[];
  /** The model's most likely tokens there, with those two. */
  readonly likely: readonly { token: string; probability: number }[];
}

export function differenceLines(difference: FirstDifference): DifferenceLine[] {
  const tokens = [...new Set(difference.sides.map(({ token }) => token))];
  return difference.sides.map(({ column, probabilities }) => ({
    column,
    tokens: tokens.map((token) => ({
      token,
      probability: probabilities.find((entry) => entry.token === token)?.probability,
    })),
    likely: [...probabilities].sort((left, right) => right.probability - left.probability),
  }));
}

/** `.61`, `1.0`, `.024`, `<.001`; `–` where it is not known. Unlikely tokens differ in their third place. */
export function formatProbability(probability: number | undefined): string {
  if (probability === undefined) return '–';
  if (probability > 0 && probability < 0.0005) return '<.001';
  const text = probability.toFixed(probability > 0 && probability < 0.0995 ? 3 : 2);
  return text.startsWith('0') ? text.slice(1) : '1.0';
}

/** A token as one reads it: `the`, `↵`, `␣`, `byte`, `end of answer`. */
export function formatToken(token: string): string {
  if (token === '') return 'end of answer';
  const shown = token.replace(/\n/g, '↵').replace(/\t/g, '⇥');
  const trimmed = shown.trim();
  // Part of a character's bytes is no text of its own.
  if (/^\ufffd+$/.test(trimmed)) return 'byte';
  return trimmed === '' ? '␣'.repeat(shown.length) : trimmed;
}
