// A family of one parent, served over HTTP as `serve --no-window` does, and the client that the bench asks it with: the
// same client asks llama-server, so that what the client itself takes is on both sides.
import { copyFile, link, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { startServer } from '#electron/server/start-server.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { openHost } from '#src/io/open-host.ts';
import { openFamily } from '#src/serving/open-family.ts';

const token = 'the-token-of-the-bench';
export const benchPrompt = 'Tell me what a heart does, and why.';
/** Answers that a context computes at once: the app's own default, given to llama-server too. */
export const benchStreams = 4;

export interface BenchAdapter {
  readonly id: string;
  readonly path: string;
}

export interface StreamedAnswer {
  readonly tokens: number;
  readonly millisecondsPerToken: number;
}

export interface ServedBench {
  /** What a request may ask for: the model alone, then with each adapter. */
  readonly names: readonly string[];
  stream(name: string, text: string, maxTokens: number): Promise<StreamedAnswer>;
  /** Of the process that computes. */
  readonly processId: number;
  dispose(): Promise<void>;
}

/** Its engine begins with `environment`; the server and its client are in this process. */
export async function serveBench(options: {
  readonly folder: string;
  readonly model: string;
  readonly adapters?: readonly BenchAdapter[];
  readonly threads: number;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<ServedBench> {
  const { folder, model, adapters = [], threads, environment = {} } = options;
  await mkdir(folder, { recursive: true });
  const place = async (path: string) => {
    const name = basename(path);
    await link(path, join(folder, name)).catch(() => copyFile(path, join(folder, name)));
    return name;
  };
  const file = await place(model);
  const parent = 'bench';
  const manifest: RouterManifest = {
    version: 1,
    name: 'bench',
    parents: [
      {
        id: parent,
        domain: 'bench',
        base: 'bench',
        file,
        sha256: await hashFile(model),
        bytes: (await stat(model)).size,
        quantization: 'bench',
        adapters: await Promise.all(
          adapters.map(async ({ id, path }) => ({
            id,
            domain: 'bench',
            subdomain: id,
            scale: 1,
            sha256: await hashFile(path),
            source: 'file' as const,
            file: await place(path),
          })),
        ),
      },
    ],
    companions: [],
    steps: [],
    routes: [
      { id: 'bench/bench', domain: 'bench', parent, examples: [benchPrompt], keywords: ['heart'] },
    ],
    fallback: { parent },
    classifier: { kind: 'lexical' },
    policy: { preload: [], keepAliveSeconds: 600, context: { initial: 512 } },
  };
  await writeFile(join(folder, 'router.json'), JSON.stringify(manifest));
  const engine = openHost(engineContract, { name: 'engine', environment });
  const family = await openFamily({
    path: folder,
    engine: (method, params, callOptions) => engine.call(method, params, callOptions),
    gpu: 'off',
    threads,
    streams: benchStreams,
  });
  const server = await startServer({ v1: { token, family: () => family }, port: 0 });
  return {
    names: [parent, ...adapters.map(({ id }) => `${parent}:${id}`)],
    stream: (name, text, maxTokens) => streamOne(server.port, { model: name }, text, maxTokens),
    get processId() {
      return engine.process?.processId ?? 0;
    },
    async dispose() {
      await family.dispose();
      await server.close();
      await engine.dispose();
    },
  };
}

/** Resident bytes of a process, where Linux tells them; else 0. */
export async function residentBytes(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/**
 * One greedy answer over SSE from OpenAI's `/v1/chat/completions`; `fields` join the request. Events hold several tokens of
 * small models, so the usage at the end counts them. Throws an Error when the stream ends early.
 */
export async function streamOne(
  port: number,
  fields: object,
  text: string,
  maxTokens: number,
): Promise<StreamedAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [{ role: 'user', content: text }],
      temperature: 0,
      max_tokens: maxTokens,
      stream: true,
      stream_options: { include_usage: true },
      ...fields,
    }),
  });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  const decoder = new TextDecoder();
  let first: number | undefined;
  let last = 0;
  let all = '';
  for await (const bytes of response.body) {
    const piece = decoder.decode(bytes as Uint8Array, { stream: true });
    all += piece;
    if (!/"content":"[^"]/.test(piece)) continue;
    last = performance.now();
    first ??= last;
  }
  const tokens = Number(/"completion_tokens":(\d+)/.exec(all)?.[1] ?? Number.NaN);
  if (!Number.isFinite(tokens)) throw new Error(`The stream ended early: ${all.slice(-300)}`);
  return { tokens, millisecondsPerToken: (last - (first ?? last)) / Math.max(1, tokens - 1) };
}
