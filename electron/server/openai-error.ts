// Errors in the shape that OpenAI's clients read: { error: { message, type, param, code } }, with the status that tells them
// whether to try again.
import { toWireError, type StudioError } from '#src/errors/studio-error.ts';

export interface OpenAiError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string | null;
    };
  };
  readonly headers: Readonly<Record<string, string>>;
}

/** An error that the server itself makes. */
export class RequestError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    options: {
      readonly param?: string;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.param = options.param ?? null;
    this.code = options.code ?? null;
    this.headers = options.headers ?? {};
  }
}

/** Seconds after which a client may ask again when an engine starts anew or memory is taken. */
const soon = '2';

const known: Partial<
  Record<
    StudioError['code'],
    { readonly status: number; readonly code: string; readonly param?: string }
  >
> = {
  'serving/unknown-model': { status: 404, code: 'model_not_found', param: 'model' },
  'serving/request': { status: 400, code: 'invalid_request' },
  'serving/busy': { status: 429, code: 'queue_full' },
  'serving/files': { status: 500, code: 'file_mismatch' },
  'chat/too-long': { status: 400, code: 'context_length_exceeded', param: 'messages' },
  'chat/template': { status: 400, code: 'chat_template', param: 'messages' },
  'contract/invalid': { status: 400, code: 'invalid_request' },
  'memory/short': { status: 503, code: 'insufficient_memory' },
  'native/crashed': { status: 503, code: 'engine_restarting' },
  'native/unavailable': { status: 503, code: 'engine_unavailable' },
  'architecture/unsupported': { status: 400, code: 'wrong_kind_of_model', param: 'model' },
  cancelled: { status: 503, code: 'not_served' },
};

/** Anything thrown, as what the client gets. A message never holds more than the errors of this program do. */
export function toOpenAiError(thrown: unknown): OpenAiError {
  if (thrown instanceof RequestError) {
    const { status, message, param, code, headers } = thrown;
    return { status, body: { error: { message, type: typeOf(status), param, code } }, headers };
  }
  const error = toWireError(thrown);
  const { status, code, param } = known[error.code] ?? { status: 500, code: error.code };
  const hint = error.hint === undefined ? '' : ` ${error.hint}`;
  return {
    status,
    body: {
      error: {
        message: error.code === 'internal' ? 'The server failed.' : `${error.message}${hint}`,
        type: typeOf(status),
        param: param ?? null,
        code,
      },
    },
    headers: status === 503 || status === 429 ? { 'retry-after': soon } : {},
  };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
