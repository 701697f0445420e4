// Expects a StudioError and gives it, so that tests can look at its code, message and details.
import { expect } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ErrorCode } from '#src/errors/catalog.ts';

/** Awaits the refusal; fails when there is none, or it is another error, or has another code or message. */
export async function expectRefusal(
  promise: Promise<unknown>,
  code: ErrorCode,
  message?: RegExp | string,
): Promise<StudioError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) throw new Error(`Expected ${code}, but it was accepted`);
  expect(error).toBeInstanceOf(StudioError);
  const refusal = error as StudioError;
  expect(refusal.code, refusal.message).toBe(code);
  if (typeof message === 'string') expect(refusal.message).toContain(message);
  if (message instanceof RegExp) expect(refusal.message).toMatch(message);
  return refusal;
}
