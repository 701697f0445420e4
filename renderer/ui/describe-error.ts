// Anything thrown as message and hint; nothing for what was only cancelled.
import { StudioError } from '#src/errors/studio-error.ts';

export interface ErrorLike {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly code?: string | undefined;
}

/** Undefined for a cancelled call: that is never shown as a failure. */
export function describeError(error: unknown): ErrorLike | undefined {
  if (error instanceof StudioError) {
    if (error.code === 'cancelled') return undefined;
    return { message: error.message, hint: error.hint, code: error.code };
  }
  if (error instanceof Error) {
    return error.name === 'AbortError' ? undefined : { message: error.message };
  }
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { message } = error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    return { message: String(message), hint, code };
  }
  return { message: String(error) };
}
