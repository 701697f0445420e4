// Sends an answer's text in pieces, 15 ms apart for a screen: a message per token would cost small models more than the token.

/** Milliseconds between two pieces; less than a frame of a screen. */
const usualInterval = 15;

export interface TextBatcher {
  push(text: string, tokens: number): void;
  /** Sends what is held back. Call it when the answer ends. */
  flush(): void;
}

/** Milliseconds between two pieces of an answer over HTTP, where each costs a message, an event and a write. */
export const servedInterval = 50;

/** The first piece goes out at once; `tokens` of a piece are those since the last one. */
export function batchText(
  send: (text: string, tokens: number) => void,
  interval = usualInterval,
  now: () => number = () => performance.now(),
): TextBatcher {
  let text = '';
  let tokens = 0;
  let lastSent = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (text === '' && tokens === 0) return;
    const piece = text;
    const count = tokens;
    text = '';
    tokens = 0;
    lastSent = now();
    send(piece, count);
  };
  return {
    push(more, count) {
      text += more;
      tokens += count;
      const due = lastSent + interval - now();
      if (due <= 0) flush();
      else timer ??= setTimeout(flush, due);
    },
    flush,
  };
}
