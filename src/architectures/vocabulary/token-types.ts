// Token types of GGUF (gguf-py, TokenType) and the names by which the reference takes a token for a control token.

export const tokenTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

const controlNames = new Set(['<pad>', '<mask>', '<2mass>', '[@BOS@]']);

/**
 * Some models do not mark control tokens as special (command-r, deepseek-coder, gemma): conversion/base.py,
 * does_token_look_special.
 */
export function looksLikeControlToken(content: string): boolean {
  return (
    controlNames.has(content) ||
    (content.startsWith('<|') && content.endsWith('|>')) ||
    (content.startsWith('<｜') && content.endsWith('｜>')) ||
    (content.startsWith('<unused') && content.endsWith('>'))
  );
}

/** User-defined tokens are stored with plain spaces. */
export function withPlainSpaces(content: string): string {
  return content.replaceAll('\u2581', ' ');
}

/** The name of an id that has no token. */
export function paddingToken(id: number): string {
  return `[PAD${id}]`;
}
