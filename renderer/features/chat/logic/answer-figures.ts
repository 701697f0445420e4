// Measured figures of an answer as people read them, and why an answer ended.
import type { Answer } from '#src/contract/column.ts';
import type { Turn } from '#src/contract/conversation.ts';
import { formatCount } from '#src/text/format-number.ts';

export type Measured = NonNullable<Turn['measured']>;

export function measuredOf(answer: Answer): Measured {
  const { tokens, firstTokenSeconds, tokensPerSecond, stopReason, seed, windowUsed, windowSize } =
    answer;
  return { tokens, firstTokenSeconds, tokensPerSecond, stopReason, seed, windowUsed, windowSize };
}

/** `50.1 t/s`, `937 t/s`; `–` for too few tokens. */
export function formatRate(tokensPerSecond: number | null): string {
  if (tokensPerSecond === null) return '– t/s';
  return `${tokensPerSecond >= 100 ? formatCount(Math.round(tokensPerSecond)) : tokensPerSecond.toFixed(1)} t/s`;
}

/** `84 ms`, `1.2 s`; time to the first token. */
export function formatWait(seconds: number | null): string {
  if (seconds === null) return '–';
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** Tokens after the first per second between two times (ms); null for fewer than two tokens. */
export function rateBetween(tokens: number, firstAt: number, now: number): number | null {
  return tokens < 2 || now <= firstAt ? null : ((tokens - 1) * 1000) / (now - firstAt);
}

/** Why an answer ended, unless the model ended it itself. */
export function endNote(
  measured: Measured | undefined,
  maxTokens: number | undefined,
): string | undefined {
  switch (measured?.stopReason) {
    case 'abort':
      return 'Stopped by you';
    case 'maxTokens':
      return maxTokens === undefined || maxTokens > measured.tokens
        ? 'Ended at the longest answer allowed (n_predict)'
        : `Ended at ${formatCount(measured.tokens)} tokens (n_predict)`;
    case 'window':
      return `The window is full (${formatCount(measured.windowSize)} tokens)`;
    default:
      return undefined;
  }
}

/** The quiet line under an answer; it breaks only between its figures. */
export function figuresLine(measured: Measured): string {
  return [
    `${formatCount(measured.tokens)} tokens`,
    formatRate(measured.tokensPerSecond),
    `first after ${formatWait(measured.firstTokenSeconds)}`,
    `seed ${measured.seed}`,
  ]
    .map((figure) => figure.replaceAll(' ', '\u00a0'))
    .join('\u00a0· ');
}
