// OpenAI's `/v1` over a family: who may ask, what is asked, and the answer with the decision beside it. Tokens only, no
// cookies: a page of another site that a browser shows can reach this address, but knows no token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Family } from '#src/serving/family.ts';
import { openEventStream, type EventStreamLimits } from './event-stream.ts';
import {
  chunkBody,
  completeBody,
  decisionHeaders,
  embeddingBody,
  modelBody,
  newFrame,
  textChunks,
} from './openai-answers.ts';
import { RequestError, toOpenAiError } from './openai-error.ts';
import {
  readChatRequest,
  readCompletionRequest,
  readEmbeddingRequest,
  type CompletionRequest,
} from './openai-requests.ts';
import { readJsonBody } from './read-body.ts';
import { isOwnHost, isOwnOrigin } from './request-checks.ts';

export interface V1Limits extends EventStreamLimits {
  readonly bodyBytes: number;
  /** Requests that are answered or wait; more are told to come back. */
  readonly requests: number;
}

export const usualV1Limits: V1Limits = {
  bodyBytes: 16 * 2 ** 20,
  requests: 128,
  mostWaitingBytes: 4 * 2 ** 20,
  readTimeout: 30_000,
};

export interface V1Options {
  readonly port: number;
  readonly token: string;
  /** What is served now. */
  readonly family: () => Family | undefined;
  readonly limits?: Partial<V1Limits>;
}

/** Answers one request whose path begins with `/v1`. Never throws for anything that a client can send. */
export type AnswerV1 = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createV1(options: V1Options): AnswerV1 {
  const limits = { ...usualV1Limits, ...options.limits };
  const tokenDigest = digest(options.token);
  const created = Math.floor(Date.now() / 1000);
  let open = 0;

  const family = (): Family => {
    const current = options.family();
    if (current !== undefined) return current;
    throw new RequestError(503, 'No family is served. Choose one in the Router screen, or start with --manifest.', { code: 'nothing_served', headers: { 'retry-after': '5' } }); // prettier-ignore
  };

  /** Runs `work` as one of the requests that are counted. */
  const admit = async (work: () => Promise<void>): Promise<void> => {
    if (open >= limits.requests) {
      throw new RequestError(429, `${limits.requests} requests are running or waiting.`, {
        code: 'queue_full',
        headers: { 'retry-after': '1' },
      });
    }
    open++;
    try {
      await work();
    } finally {
      open--;
    }
  };

  const complete = async (
    served: Family,
    asked: CompletionRequest,
    isChat: boolean,
    response: ServerResponse,
    signal: AbortController,
  ): Promise<void> => {
    const frame = newFrame(isChat);
    if (!asked.isStreamed) {
      const answered = await served.answer(asked.request, { signal: signal.signal });
      return sendJson(response, 200, completeBody(frame, answered), {
        ...decisionHeaders(answered.decision),
      });
    }
    const { includesUsage } = asked;
    const stream = openEventStream(response, limits, () => signal.abort());
    let textChunk: ReturnType<typeof textChunks> | undefined;
    const answered = await served.answer(asked.request, {
      signal: signal.signal,
      onDecision(made) {
        textChunk = textChunks(frame, made, includesUsage);
        response.writeHead(200, {
          ...commonHeaders,
          'content-type': 'text/event-stream; charset=utf-8',
          ...decisionHeaders(made),
        });
        stream.send(chunkBody(frame, { kind: 'start', decision: made }, includesUsage));
      },
      onText(text) {
        if (text !== '' && textChunk !== undefined) stream.sendJson(textChunk(text));
      },
    });
    stream.send(chunkBody(frame, { kind: 'end', answered }, includesUsage));
    if (includesUsage) stream.send(chunkBody(frame, { kind: 'usage', answered }, includesUsage));
    stream.end();
  };

  const handlers: Readonly<
    Record<
      string,
      {
        method: string;
        answer(body: unknown, response: ServerResponse, signal: AbortController): Promise<void>;
      }
    >
  > = {
    '/v1/chat/completions': {
      method: 'POST',
      answer: (body, response, signal) =>
        complete(family(), readChatRequest(body), true, response, signal),
    },
    '/v1/completions': {
      method: 'POST',
      answer: (body, response, signal) =>
        complete(family(), readCompletionRequest(body), false, response, signal),
    },
    '/v1/embeddings': {
      method: 'POST',
      async answer(body, response, { signal }) {
        const { model, texts, isBase64 } = readEmbeddingRequest(body);
        const { vectors, tokens } = await family().embed(texts, { model, signal });
        sendJson(response, 200, embeddingBody(model, vectors, tokens, isBase64));
      },
    },
  };

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortController,
  ): Promise<void> => {
    const { host, origin, authorization } = request.headers;
    if (!isOwnHost(host, options.port)) {
      throw new RequestError(421, `This server answers only as 127.0.0.1:${options.port} or localhost:${options.port}.`, { code: 'wrong_host' }); // prettier-ignore
    }
    if (origin !== undefined && !isOwnOrigin(origin, host, options.port)) {
      throw new RequestError(403, 'Pages of other sites may not ask here.', {
        code: 'wrong_origin',
      });
    }
    const offered = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (offered === undefined || !timingSafeEqual(digest(offered), tokenDigest)) {
      throw new RequestError(401, `${offered === undefined ? 'The token is missing' : 'The token is wrong'}: send "Authorization: Bearer TOKEN" with the token that the terminal of "gguf-studio serve" shows.`, { code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } }); // prettier-ignore
    }
    const [path = ''] = (request.url ?? '').split('?', 1);
    const isModels = path === '/v1/models' || path.startsWith('/v1/models/');
    const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    if (handler === undefined && !isModels) {
      throw new RequestError(404, `There is no ${path.slice(0, 100)} here.`, {
        code: 'unknown_url',
      });
    }
    const method = handler?.method ?? 'GET';
    if (request.method !== method) {
      throw new RequestError(405, `${path.slice(0, 100)} takes ${method}.`, {
        headers: { allow: method },
      });
    }
    if (handler === undefined) return sendModels(path, family(), created, response);
    await admit(async () => {
      const body = await readJsonBody(request, limits.bodyBytes);
      await handler.answer(body, response, signal);
    });
  };

  return async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    response.on('error', () => undefined);
    try {
      await answer(request, response, gone);
    } catch (error) {
      if (gone.signal.aborted || response.destroyed) return;
      const { status, body, headers } = toOpenAiError(error);
      if (!response.headersSent) {
        // The rest of a body that was not read is not waited for.
        const rest = request.complete ? {} : { connection: 'close' };
        return sendJson(response, status, body, { ...headers, ...rest });
      }
      response.write(`data: ${JSON.stringify(body)}\n\n`);
      response.end();
    }
  };
}

const commonHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

function sendModels(path: string, family: Family, created: number, response: ServerResponse): void {
  const models = family.models();
  if (path === '/v1/models') {
    const data = models.map((model) => modelBody(model, created));
    return sendJson(response, 200, { object: 'list', data });
  }
  let name: string | undefined;
  try {
    name = decodeURIComponent(path.slice('/v1/models/'.length));
  } catch {
    name = undefined;
  }
  const model = models.find(({ id }) => id === name);
  if (model === undefined) {
    throw new RequestError(404, 'This family has no such model; /v1/models lists all.', {
      code: 'model_not_found',
      param: 'model',
    });
  }
  sendJson(response, 200, modelBody(model, created));
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...commonHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
