// Turns a native call's "no" into an error that carries llama.cpp's own reason, which it gives only in its log.
import type { ErrorCode } from '#src/errors/catalog.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { NativeLogLine } from './llama-library.types.ts';

/** The error lines of a call (its warnings where there are none), without llama.cpp's function name in front, as one sentence. */
export function nativeReason(lines: readonly NativeLogLine[]): string {
  const errors = lines.filter((line) => line.level === 'error');
  const reasons = (errors.length > 0 ? errors : lines.filter((line) => line.level === 'warning'))
    .map((line) => line.text.replace(/^[a-z_]+(?:::[a-z_]+)*: /, '').trim())
    .filter((text) => text !== '' && !/^=+$/.test(text));
  return reasons.length > 0 ? reasons.slice(-4).join('; ') : 'it gave no reason';
}

/** llama.cpp has one answer for every failure: what it could not allocate is told apart by its words. */
const memoryWords =
  /fail(?:ed|ure) to (?:allocate|reserve)|out of memory|cannot allocate memory|unable to allocate/i;

/** An error of `code`, or `memory/short` where the reason is memory. */
export function nativeFailure(
  code: ErrorCode,
  what: string,
  lines: readonly NativeLogLine[],
  hint?: string,
): StudioError {
  const isMemory = lines.some(({ level, text }) => level === 'error' && memoryWords.test(text));
  if (isMemory) {
    return new StudioError('memory/short', `${what}: ${nativeReason(lines)}.`, {
      hint: 'Close other programs, use a smaller context, or keep fewer layers on the GPU.',
      details: { log: lines.slice(-20).map((line) => line.text) },
    });
  }
  return new StudioError(code, `${what}: ${nativeReason(lines)}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { log: lines.slice(-20).map((line) => line.text) },
  });
}
