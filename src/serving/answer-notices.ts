// What an answer's user should know of how it came about; never silent about a full window.
import type { ServedAnswer } from '#src/contract/serving.ts';

export function noticesOf(answer: ServedAnswer): string[] {
  const { stopReason, windowSize, contextSize, forgottenMessages, forgottenTokens } = answer;
  const notices: string[] = [];
  if (forgottenMessages > 0) {
    notices.push(
      `The window of ${windowSize} tokens is full: the ${forgottenMessages} oldest messages (${forgottenTokens} tokens) were forgotten.`,
    );
  } else if (forgottenTokens > 0) {
    notices.push(
      `The window of ${windowSize} tokens is full: the first ${forgottenTokens} tokens were forgotten.`,
    );
  }
  if (stopReason === 'window') {
    notices.push(
      contextSize < windowSize
        ? `The answer ends here: memory holds no context beyond ${contextSize} tokens.`
        : `The answer ends here: the window of ${windowSize} tokens is full.`,
    );
  }
  return notices;
}
