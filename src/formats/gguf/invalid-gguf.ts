// Builds the errors of the GGUF reader: each names the file, what is wrong with which value, and the way out.
import type { ErrorCode } from '#src/errors/catalog.ts';
import { StudioError } from '#src/errors/studio-error.ts';

const defaultHint =
  'The file is damaged or was written by a faulty tool: fetch or convert it again.';

export function invalidGguf(
  label: string,
  problem: string,
  options: { code?: ErrorCode; hint?: string; details?: Record<string, unknown> } = {},
): StudioError {
  return new StudioError(options.code ?? 'gguf/invalid', `${label}: ${problem}.`, {
    hint: options.hint ?? defaultHint,
    ...(options.details === undefined ? {} : { details: options.details }),
  });
}

/** A metadata key for messages: keys may have 65,535 bytes. */
export function shortKey(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}…` : key;
}
