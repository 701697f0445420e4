// Finds texts that end an answer while it streams. What could be the beginning of one is held back until it is clear.

export interface StopTexts {
  /** Takes a piece; gives what may be shown, and the text that ended the answer when one did. */
  push(piece: string): { readonly text: string; readonly stop?: string };
  /** What is still held back: the answer ended otherwise. */
  end(): string;
}

export function createStopTexts(stops: readonly string[]): StopTexts {
  const texts = stops.filter((stop) => stop !== '');
  const longest = Math.max(0, ...texts.map(({ length }) => length));
  let held = '';
  return {
    push(piece) {
      held += piece;
      if (texts.length === 0) {
        const text = held;
        held = '';
        return { text };
      }
      let first: { readonly at: number; readonly stop: string } | undefined;
      for (const stop of texts) {
        const at = held.indexOf(stop);
        if (at !== -1 && (first === undefined || at < first.at)) first = { at, stop };
      }
      if (first !== undefined) {
        const text = held.slice(0, first.at);
        held = '';
        return { text, stop: first.stop };
      }
      let keep = Math.min(longest - 1, held.length);
      while (keep > 0 && !texts.some((stop) => stop.startsWith(held.slice(-keep)))) keep--;
      const text = keep === 0 ? held : held.slice(0, -keep);
      held = keep === 0 ? '' : held.slice(-keep);
      return { text };
    },
    end() {
      const text = held;
      held = '';
      return text;
    },
  };
}
