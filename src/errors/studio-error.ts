// The one error class. A message says what happened and with which value; the hint says what to do next.
import { errorCatalog, exitCodeOfKind, type ErrorCode, type ErrorKind } from './catalog.ts';

export interface StudioErrorOptions {
  /** What the user can do next; one sentence. */
  hint?: string;
  /** Facts for machines (`--json`, logs): JSON values only. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: StudioErrorOptions = {}) {
    super(
      withoutControls(message),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'StudioError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get kind(): ErrorKind {
    return errorCatalog[this.code].kind;
  }

  get exitCode(): number {
    return exitCodeOfKind[this.kind];
  }
}

/** Names from hostile files end up in messages, and messages in terminals: no escape sequences, but lines and tabs. */
function withoutControls(message: string): string {
  return message.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
}

/** An error as it crosses a process border. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint?: string;
  details: Record<string, unknown>;
  stack?: string;
  cause?: WireError;
}

/** Turns anything thrown into its wire form; unknown errors become `internal`. */
export function toWireError(error: unknown, depth = 0): WireError {
  const known = error instanceof StudioError;
  const plain =
    error instanceof Error ? error : new Error(`Thrown value: ${JSON.stringify(error)}`);
  const code: ErrorCode = known ? error.code : isAbort(plain) ? 'cancelled' : 'internal';
  return {
    code,
    message: plain.message,
    ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
    details: known ? error.details : {},
    ...(plain.stack === undefined ? {} : { stack: plain.stack }),
    ...(plain.cause !== undefined && depth < 4
      ? { cause: toWireError(plain.cause, depth + 1) }
      : {}),
  };
}

export function fromWireError(wire: WireError): StudioError {
  const error = new StudioError(wire.code, wire.message, {
    ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    details: wire.details,
    ...(wire.cause === undefined ? {} : { cause: fromWireError(wire.cause) }),
  });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** True for errors that an AbortSignal raised: cancelling is never shown as a failure. */
export function isAbort(error: unknown): boolean {
  return (
    (error instanceof StudioError && error.code === 'cancelled') ||
    (error instanceof Error && error.name === 'AbortError')
  );
}
