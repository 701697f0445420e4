// Windows by use case, and how a chosen window meets what a model was trained for.

/** The use cases of the studio's model mapping, and the window that each is built for. */
export const contextPresets = [
  { name: 'production', tokens: 2048 },
  { name: 'healthcare', tokens: 4096 },
  { name: 'mobile', tokens: 1024 },
  { name: 'development', tokens: 8192 },
] as const;

/** `4096 · healthcare`, `3000`, or `model's own`. */
export function contextLabel(tokens: number | undefined): string {
  if (tokens === undefined) return "model's own";
  const preset = contextPresets.find((entry) => entry.tokens === tokens);
  return preset === undefined ? String(tokens) : `${tokens} · ${preset.name}`;
}

/** The sentence to show when a column got another window than was asked for; undefined when all is as asked. */
export function contextNote(
  asked: number | undefined,
  loaded: { contextSize: number; trainedContextSize: number },
): string | undefined {
  if (asked === undefined || loaded.contextSize >= asked) return undefined;
  return loaded.contextSize === loaded.trainedContextSize
    ? `Window ${loaded.contextSize} instead of ${asked}: the model was trained for no more.`
    : `Window ${loaded.contextSize} instead of ${asked}: memory holds no more.`;
}
