// Tokens to text while they are generated: a character whose bytes are spread over several tokens waits for the last of them.
// One native call a token: it runs between two decodes, when llama.cpp's threads have nothing to do.
import type { LlamaModel, Token } from 'node-llama-cpp';

/** No character has more bytes than this many tokens can hold; what is broken after that many stays broken. */
const mostHeld = 6;
/** Tokens before a piece that tell whether it begins with a space. */
const lookBack = 4;
/** So many tokens before a piece at most: their text is made again with it. */
const mostBefore = 16;

export interface TokenText {
  push(token: Token): string;
  end(): string;
}

/** `before` are the prompt's last tokens. `shown` are tokens whose own text belongs to the answer although they are special. */
export function createTokenText(
  model: Pick<LlamaModel, 'detokenize'>,
  before: readonly Token[],
  shown: ReadonlyMap<Token, string> = new Map(),
): TokenText {
  let last: Token[] = [];
  let lastText = '';
  let held: Token[] = [];
  /** The held tokens' text, and that of all with those before them where it continues theirs. */
  let text = '';
  let whole: string | undefined;
  const startAfter = (tokens: readonly Token[]) => {
    last = tokens.slice(-lookBack);
    lastText = model.detokenize(last);
  };
  const read = () => {
    whole = lastText === '' ? undefined : model.detokenize([...last, ...held]);
    if (whole?.startsWith(lastText) === true) {
      text = whole.slice(lastText.length);
    } else {
      whole = undefined;
      text = model.detokenize(held);
    }
  };
  const take = () => {
    const taken = text;
    const tokens = [...last, ...held];
    held = [];
    text = '';
    if (whole === undefined || tokens.length > mostBefore) {
      startAfter(tokens);
    } else {
      last = tokens;
      lastText = whole;
    }
    return taken;
  };
  startAfter(before);
  return {
    push(token) {
      const own = shown.get(token);
      if (own !== undefined) {
        const rest = held.length === 0 ? '' : take();
        startAfter([...last, token]);
        return rest + own;
      }
      held.push(token);
      read();
      return !text.endsWith('\ufffd') || held.length >= mostHeld ? take() : '';
    },
    end: () => (held.length === 0 ? '' : take()),
  };
}
