// Tokens to text while they are generated: a character whose bytes are spread over several tokens waits for the last of them.
import type { LlamaModel, Token } from 'node-llama-cpp';

/** No character has more bytes than this many tokens can hold; what is broken after that many stays broken. */
const mostHeld = 6;
/** Tokens before a piece that tell whether it begins with a space. */
const lookBack = 4;

export interface TokenText {
  push(token: Token): string;
  end(): string;
}

/** `before` are the prompt's last tokens. `shown` are tokens whose own text belongs to the answer although they are special. */
export function createTokenText(
  model: LlamaModel,
  before: readonly Token[],
  shown: ReadonlyMap<Token, string> = new Map(),
): TokenText {
  let last = before.slice(-lookBack);
  let held: Token[] = [];
  const take = () => {
    const text = model.detokenize(held, false, last);
    last = [...last, ...held].slice(-lookBack);
    held = [];
    return text;
  };
  return {
    push(token) {
      const own = shown.get(token);
      if (own !== undefined) {
        const text = held.length === 0 ? '' : take();
        last = [...last, token].slice(-lookBack);
        return text + own;
      }
      held.push(token);
      const isWhole = !model.detokenize(held, false, last).endsWith('\ufffd');
      return isWhole || held.length >= mostHeld ? take() : '';
    },
    end: () => (held.length === 0 ? '' : take()),
  };
}
