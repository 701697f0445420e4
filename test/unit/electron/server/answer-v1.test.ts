// The HTTP side of `/v1` alone: who is refused, what is refused, and clients that are slow, gone or many. Answers come from a
// family in memory, so that they last as long as a test wants.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { V1Limits } from '#electron/server/answer-v1.ts';
import { startServer, type StudioServer } from '#electron/server/start-server.ts';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { ServedAnswer } from '#src/contract/serving.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Family, FamilyEvents, FamilyRequest } from '#src/serving/family.ts';

const token = 'a-token-for-the-tests';
let server: StudioServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const decision: Decision = {
  route: 'härte/überall', target: { parent: 'p', adapter: 'a' }, scores: {}, threshold: 0.5, why: [], by: 'lexical', intents: [], milliseconds: 0,
}; // prettier-ignore
const answered: ServedAnswer = {
  text: 'yes', tokens: 1, promptTokens: 2, cachedTokens: 0, windowUsed: 3, windowSize: 10, stopReason: 'eogToken', contextSize: 10,
  grown: false, forgottenMessages: 0, forgottenTokens: 0, seed: 1, waitedSeconds: 0, firstTokenSeconds: 0, tokensPerSecond: null, seconds: 0,
}; // prettier-ignore

type Answer = (request: FamilyRequest, events: FamilyEvents) => Promise<ServedAnswer>;

async function start(
  answer: Answer = () => Promise.resolve(answered),
  limits: Partial<V1Limits> = {},
  isServed = true,
): Promise<void> {
  const family = {
    models: () => [{ id: 'auto', kind: 'auto' as const }],
    async answer(request: FamilyRequest, events: FamilyEvents = {}) {
      const answer_ = await answer(request, events);
      return { answer: answer_, decision, notices: [] };
    },
    embed: () => Promise.resolve({ vectors: [Float32Array.of(1)], tokens: 1 }),
  } as unknown as Family;
  server = await startServer({ v1: { token, family: () => (isServed ? family : undefined), limits }, port: 0 }); // prettier-ignore
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: unknown;
}

function ask({
  method = 'POST',
  path = '/v1/chat/completions',
  headers = {},
  body,
}: Ask = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const all = {
      host: `127.0.0.1:${server!.port}`,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    };
    const sent = httpRequest(
      {
        port: server!.port,
        host: '127.0.0.1',
        method,
        path,
        agent: false,
        headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('error', reject);
        response.on('end', () => {
          let error: unknown;
          try {
            error = (JSON.parse(text) as { error?: unknown }).error;
          } catch {
            error = undefined;
          }
          resolve({ status: response.statusCode!, headers: response.headers, text, error: error as Got['error'] }); // prettier-ignore
        });
      },
    );
    sent.on('error', reject);
    if (body !== undefined) sent.write(typeof body === 'string' ? body : JSON.stringify(body));
    sent.end();
  });
}

const hello = { model: 'auto', messages: [{ role: 'user', content: 'Hi' }] };

describe('who may ask', () => {
  it.each([
    ['without a token', { authorization: undefined }, 401],
    ['with a wrong token', { authorization: 'Bearer nearly-a-token-for-the-tests' }, 401],
    ['with a cookie instead', { authorization: undefined, cookie: `gguf-studio=${token}` }, 401],
    ['under another name', { host: 'evil.example' }, 421],
    ['from a page of another site', { origin: 'https://evil.example' }, 403],
    ['from a file', { origin: 'null' }, 403],
  ])('not %s', async (_, headers, status) => {
    let wasAsked = false;
    await start(() => {
      wasAsked = true;
      return Promise.resolve(answered);
    });
    const got = await ask({ headers, body: hello });
    expect(got.status).toBe(status);
    expect(got.error.message).not.toBe('');
    expect(got.text).not.toContain(token);
    expect(wasAsked).toBe(false);
  });

  it('everybody with the token, by either name of this machine, from its own pages', async () => {
    await start();
    const { port } = server!;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      const got = await ask({ headers: { host, origin: `http://${host}` }, body: hello });
      expect(got.status).toBe(200);
      // Names of routes may hold any character; headers may not.
      expect(decodeURIComponent(String(got.headers['x-gguf-studio-route']))).toBe(decision.route);
    }
  });
});

describe('what is refused', () => {
  const chat = (change: object) => ({ ...hello, ...change });
  it.each<[string, Ask, number, string | null]>([
    ['no JSON', { body: '{"model":' }, 400, null],
    ['a list', { body: [] }, 400, null],
    ['null', { body: 'null' }, 400, null],
    ['bytes that are no text', { body: '"\ud800' }, 400, null],
    ['no body', {}, 400, null],
    ['another kind of body', { headers: { 'content-type': 'text/plain' }, body: 'x' }, 415, null],
    ['no model', { body: { messages: hello.messages } }, 400, 'model'],
    ['no messages', { body: { model: 'auto' } }, 400, 'messages'],
    ['an empty conversation', { body: chat({ messages: [] }) }, 400, 'messages'],
    ['a system prompt alone', { body: chat({ messages: [{ role: 'system', content: 'x' }] }) }, 400, 'messages'],
    ['messages that are no list', { body: chat({ messages: { length: 1 } }) }, 400, 'messages'],
    ['an unknown speaker', { body: chat({ messages: [{ role: 'tool', content: 'x' }] }) }, 400, 'messages.0.role'],
    ['a picture', { body: chat({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }) }, 400, 'messages.0.content'],
    ['several answers', { body: chat({ n: 2 }) }, 400, 'n'],
    ['tools', { body: chat({ tools: [{}] }) }, 400, 'tools'],
    ['log probabilities', { body: chat({ logprobs: true }) }, 400, 'logprobs'],
    ['a schema for the answer', { body: chat({ response_format: { type: 'json_object' } }) }, 400, 'response_format'],
    ['a negative limit', { body: chat({ max_tokens: -1 }) }, 400, 'max_tokens'],
    ['a limit beyond all windows', { body: chat({ max_tokens: 1e9 }) }, 400, 'max_tokens'],
    ['a temperature that is no number', { body: chat({ temperature: 'hot' }) }, 400, 'temperature'],
    ['a probability above one', { body: chat({ top_p: 1.5 }) }, 400, 'top_p'],
    ['too many stop texts', { body: chat({ stop: Array(17).fill('x') }) }, 400, 'stop'],
    ['an empty stop text', { body: chat({ stop: '' }) }, 400, 'stop'],
    ['a prompt of token ids', { path: '/v1/completions', body: { model: 'auto', prompt: [1, 2] } }, 400, 'prompt'],
    ['an echo', { path: '/v1/completions', body: { model: 'auto', prompt: 'x', echo: true } }, 400, 'echo'],
    ['vectors of nothing', { path: '/v1/embeddings', body: { model: 'auto', input: [] } }, 400, 'input'],
    ['shorter vectors', { path: '/v1/embeddings', body: { model: 'auto', input: 'x', dimensions: 2 } }, 400, 'dimensions'],
    ['another path', { path: '/v1/files', body: {} }, 404, null],
    ['a way up', { method: 'GET', path: '/v1/models/%E0%A4%A' }, 404, 'model'],
    ['reading what is written to', { method: 'GET' }, 405, null],
    ['deleting', { method: 'DELETE', path: '/v1/models' }, 405, null],
    ['asking first', { method: 'OPTIONS', body: undefined }, 405, null],
  ])('%s', async (_, asked, status, param) => {
    await start();
    const got = await ask(asked);
    expect({ status: got.status, param: got.error.param }).toEqual({ status, param });
    expect(got.error.type).toBe('invalid_request_error');
    expect(got.error.message).not.toBe('');
    // The server goes on.
    expect((await ask({ body: hello })).status).toBe(200);
  }); // prettier-ignore

  it('a body that is too large, before or while it is read', async () => {
    await start(undefined, { bodyBytes: 1000 });
    const large = { ...hello, note: 'x'.repeat(5000) };
    expect((await ask({ body: large })).status).toBe(413);
    const chunked = await ask({ headers: { 'transfer-encoding': 'chunked' }, body: large });
    expect(chunked.status).toBe(413);
    expect((await ask({ body: hello })).status).toBe(200);
  });

  it('nothing that clients send by habit', async () => {
    await start();
    const habits = { user: 'me', metadata: {}, store: false, tools: [], tool_choice: 'auto', logprobs: false, logit_bias: {}, n: 1, response_format: { type: 'text' }, reasoning_effort: 'low', seed: -5, stop: null, temperature: null, __proto__: { x: 1 } }; // prettier-ignore
    expect((await ask({ body: { ...hello, ...habits } })).status).toBe(200);
  });

  it('everything while no family is served', async () => {
    await start(undefined, {}, false);
    const got = await ask({ body: hello });
    expect(got).toMatchObject({ status: 503, error: { code: 'nothing_served', type: 'server_error' } }); // prettier-ignore
  });
});

describe('errors of an answer', () => {
  it.each([
    ['serving/unknown-model', 404, 'model_not_found'],
    ['chat/too-long', 400, 'context_length_exceeded'],
    ['memory/short', 503, 'insufficient_memory'],
    ['native/crashed', 503, 'engine_restarting'],
  ] as const)('%s have a status and a code', async (code, status, said) => {
    await start(() => Promise.reject(new StudioError(code, 'It went wrong.')));
    const got = await ask({ body: hello });
    expect(got).toMatchObject({ status, error: { code: said } });
    if (status === 503) expect(got.headers['retry-after']).toBeDefined();
  });

  it('come as an event where the stream has begun', async () => {
    await start((_, events) => {
      events.onDecision?.(decision);
      events.onText?.('half', 1);
      return Promise.reject(new StudioError('native/crashed', 'The engine stopped.'));
    });
    const got = await ask({ body: { ...hello, stream: true } });
    expect(got.status).toBe(200);
    expect(got.text).toContain('"half"');
    expect(got.text.trim().split('\n').at(-1)).toMatch(/^data: \{"error":\{"message":"The engine stopped/); // prettier-ignore
  });

  it('tell nothing of what is inside', async () => {
    await start(() => Promise.reject(new Error('/home/someone/secret')));
    const got = await ask({ body: hello });
    expect(got).toMatchObject({ status: 500, error: { message: 'The server failed.' } });
  });
});

describe('clients', () => {
  it('beyond the queue are told to come back; 200 at once all get an answer of a kind', async () => {
    let letGo = () => {};
    const allRefused = new Promise<void>((resolve) => (letGo = resolve));
    await start(
      async () => {
        await allRefused;
        return answered;
      },
      { requests: 50 },
    );
    let refusals = 0;
    const got = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const one = await ask({ body: hello });
        if (one.status === 429 && ++refusals === 150) letGo();
        return one;
      }),
    );
    expect(got.filter(({ status }) => status === 200)).toHaveLength(50);
    const refused = got.filter(({ status }) => status === 429);
    expect(refused[0]).toMatchObject({ error: { code: 'queue_full', type: 'rate_limit_error' } });
    expect(refused[0]!.headers['retry-after']).toBe('1');
    expect((await ask({ body: hello })).status).toBe(200);
  });

  it('that vanish end the computing of their answer, before and within a stream', async () => {
    for (const stream of [false, true]) {
      let aborted = () => {};
      const ended = new Promise<void>((resolve) => (aborted = resolve));
      let begun = () => {};
      const running = new Promise<void>((resolve) => (begun = resolve));
      await start((_, { signal, onDecision, onText }) => {
        if (stream) {
          onDecision?.(decision);
          onText?.('a', 1);
        }
        begun();
        return new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => {
            aborted();
            reject(new StudioError('cancelled', 'Cancelled.'));
          });
        });
      });
      const socket = connect(server!.port, '127.0.0.1');
      const body = JSON.stringify({ ...hello, stream });
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${server!.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`); // prettier-ignore
      await running;
      socket.destroy();
      await ended;
      await server!.close();
    }
  });

  it('that do not read are cut off, and hold no answer', async () => {
    let aborted = () => {};
    const ended = new Promise<void>((resolve) => (aborted = resolve));
    await start(
      async (_, { signal, onDecision, onText }) => {
        signal!.addEventListener('abort', aborted);
        onDecision?.(decision);
        while (!signal!.aborted) {
          onText?.('x'.repeat(100_000), 1);
          await new Promise((resolve) => setImmediate(resolve));
        }
        throw new StudioError('cancelled', 'Cancelled.');
      },
      { mostWaitingBytes: 1 << 20 },
    );
    const socket = connect(server!.port, '127.0.0.1');
    socket.pause();
    const body = JSON.stringify({ ...hello, stream: true });
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${server!.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`); // prettier-ignore
    await ended;
    socket.destroy();
  });

  it('that stop reading for long are cut off, too', async () => {
    let aborted = () => {};
    const ended = new Promise<void>((resolve) => (aborted = resolve));
    await start(
      (_, { signal, onDecision, onText }) => {
        onDecision?.(decision);
        onText?.('x'.repeat(20_000_000), 1);
        return new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => {
            aborted();
            reject(new StudioError('cancelled', 'Cancelled.'));
          });
        });
      },
      { mostWaitingBytes: 1 << 30, readTimeout: 50 },
    );
    const socket = connect(server!.port, '127.0.0.1');
    socket.pause();
    const body = JSON.stringify({ ...hello, stream: true });
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${server!.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`); // prettier-ignore
    await ended;
    socket.destroy();
  });
});
