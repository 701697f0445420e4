// What serving costs and gives: one stream over HTTP against node-llama-cpp alone, two streams against one after the other,
// an adapter switch on Seedling, and a load of 1, 4 and 16 clients with its memory. Pairs are measured next to each other.
import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { switchAdapters } from '#electron/engine/switch-adapters.ts';
import { startServer } from '#electron/server/start-server.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { openHost } from '#src/io/open-host.ts';
import { openFamily } from '#src/serving/open-family.ts';
import { lowerQuartile, median, ratioInterval, type RatioInterval } from './ratio-interval.ts';
import { openDirect } from './streaming.ts';

const token = 'the-token-of-the-bench';
const prompt = 'Tell me what a heart does, and why.';
const tokensPerRound = 48;

export interface ServingResult {
  readonly model: string;
  readonly threads: number;
  /** Milliseconds per token: served over HTTP against alone. */
  readonly oneStream: RatioInterval & {
    readonly alone: readonly number[];
    readonly served: readonly number[];
  };
  /** Seconds of two answers: at once against one after the other. */
  readonly twoStreams: RatioInterval & {
    readonly together: readonly number[];
    readonly inTurn: readonly number[];
  };
  readonly adapterSwitch: SwitchResult;
  readonly load: readonly LoadResult[];
}

export interface SwitchResult {
  /** Milliseconds of a switch with the token after it, and of a token without one. */
  readonly withSwitch: readonly number[];
  readonly without: readonly number[];
  /** Median of the one less the other's. */
  readonly milliseconds: number;
}

export interface LoadResult {
  readonly clients: number;
  readonly seconds: number;
  readonly answers: number;
  readonly errors: number;
  readonly tokensPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  /** Of the engine process: when everything was warm, and at the end. */
  readonly residentBytes: { readonly warm: number; readonly end: number };
}

/** `model` is the bench's 0.5 B model; `command` runs the command line; the load lasts `loadSeconds` in all. */
export async function measureServing(options: {
  readonly model: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly seedlingFolder: string;
  readonly rounds?: number;
  readonly loadSeconds?: number;
}): Promise<ServingResult> {
  const { model, folder, rounds = 24, loadSeconds = 300 } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const threads = chooseThreads((await stat(model)).size);
  const streams = await measureStreams(model, join(folder, 'one'), threads, rounds);
  const seedling = await makeSeedling(options);
  const adapterSwitch = await measureSwitch(seedling);
  const load = await measureLoad(seedling, join(folder, 'load'), loadSeconds);
  return { model, threads, ...streams, adapterSwitch, load };
}

async function measureStreams(
  model: string,
  folder: string,
  threads: number,
  rounds: number,
): Promise<Pick<ServingResult, 'oneStream' | 'twoStreams'>> {
  const direct = await openDirect(model, threads);
  const served = await serveBench(folder, model, [], threads);
  const ask = () => served.stream(served.parent, prompt, tokensPerRound);
  try {
    const alone: number[] = [];
    const through: number[] = [];
    const together: number[] = [];
    const inTurn: number[] = [];
    await direct.round();
    await Promise.all([ask(), ask()]);
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) alone.push((await direct.round()).time);
      through.push((await ask()).millisecondsPerToken);
      if (round % 2 === 1) alone.push((await direct.round()).time);
    }
    for (let round = 0; round < Math.max(4, rounds / 4); round++) {
      together.push(await secondsOf(() => Promise.all([ask(), ask()])));
      inTurn.push(await secondsOf(async () => [await ask(), await ask()]));
    }
    return {
      oneStream: { alone, served: through, ...ratioInterval(through, alone, lowerQuartile) },
      twoStreams: { together, inTurn, ...ratioInterval(together, inTurn, lowerQuartile) },
    };
  } finally {
    await served.dispose();
    await direct.dispose();
  }
}

interface Seedling {
  readonly model: string;
  readonly adapters: readonly { readonly id: string; readonly path: string }[];
}

async function makeSeedling(options: {
  readonly folder: string;
  readonly command: readonly string[];
  readonly seedlingFolder: string;
}): Promise<Seedling> {
  const { folder, command, seedlingFolder } = options;
  const [program = '', ...words] = command;
  const run = (...more: string[]) => promisify(execFile)(program, [...words, ...more]);
  const base = join(seedlingFolder, 'seedling-4m');
  const model = join(folder, 'seedling-Q8_0.gguf');
  await run('quantize', base, model, 'Q8_0');
  const adapters = [];
  for (const name of ['conditions', 'anatomy']) {
    const path = join(folder, `${name}.gguf`);
    const source = join(seedlingFolder, 'adapters', name);
    await run('convert-lora', source, '--base', base, '--outfile', path);
    adapters.push({ id: `bench/${name}`, path });
  }
  return { model, adapters };
}

async function measureSwitch({ model: modelPath, adapters }: Seedling): Promise<SwitchResult> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: 1,
    logLevel: LlamaLogLevel.error,
  });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ contextSize: 1024, sequences: 4, threads: 1 });
    const sequence = context.getSequence();
    const [first] = model.tokenize('Heart');
    const decode = async () => {
      if (sequence.nextTokenIndex > 500) await sequence.clearHistory();
      await sequence.evaluateWithoutGeneratingNewTokens([first!]);
    };
    const chosen = adapters.map(({ id, path }) => [{ name: id, filePath: path, scale: 1 }]);
    const withSwitch: number[] = [];
    const without: number[] = [];
    for (let round = 0; round < 200; round++) {
      const start = performance.now();
      await switchAdapters(context, chosen[round % chosen.length]!);
      await decode();
      const between = performance.now();
      await decode();
      // The first rounds read the adapters' files.
      if (round >= 4) {
        withSwitch.push(between - start);
        without.push(performance.now() - between);
      }
    }
    return { withSwitch, without, milliseconds: median(withSwitch) - median(without) };
  } finally {
    await llama.dispose();
  }
}

async function measureLoad(
  { model, adapters }: Seedling,
  folder: string,
  loadSeconds: number,
): Promise<LoadResult[]> {
  const served = await serveBench(folder, model, adapters, 1);
  const names = [served.parent, ...adapters.map(({ id }) => `${served.parent}:${id}`)];
  try {
    const results: LoadResult[] = [];
    for (const clients of [1, 4, 16]) {
      results.push(await loadWith(served, names, clients, loadSeconds / 3));
    }
    return results;
  } finally {
    await served.dispose();
  }
}

async function loadWith(
  served: ServedBench,
  names: readonly string[],
  clients: number,
  seconds: number,
): Promise<LoadResult> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const times: number[] = [];
  let tokens = 0;
  let errors = 0;
  const one = async (client: number) => {
    for (let turn = 0; performance.now() < end; turn++) {
      const start = performance.now();
      const name = names[(client + turn) % names.length]!;
      try {
        const answered = await served.stream(name, `${prompt} (${client}, ${turn})`, 32);
        tokens += answered.tokens;
        times.push(performance.now() - start);
      } catch {
        errors++;
        await setTimeout(100);
      }
    }
  };
  const samples: number[] = [];
  const stop = new AbortController();
  const sampling = (async () => {
    while (!stop.signal.aborted) {
      samples.push(await served.residentBytes());
      await setTimeout(1000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  stop.abort();
  await sampling;
  const took = (performance.now() - begin) / 1000;
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return {
    clients,
    seconds: took,
    answers: times.length,
    errors,
    tokensPerSecond: tokens / took,
    p50: at(0.5),
    p95: at(0.95),
    residentBytes: {
      warm: median(samples.slice(quarter, 2 * quarter)),
      end: median(samples.slice(-quarter)),
    },
  };
}

interface ServedBench {
  readonly parent: string;
  stream(model: string, text: string, maxTokens: number): Promise<StreamedAnswer>;
  residentBytes(): Promise<number>;
  dispose(): Promise<void>;
}

interface StreamedAnswer {
  readonly tokens: number;
  readonly millisecondsPerToken: number;
}

/** A family of one parent in a folder of its own, served over HTTP as `serve --no-window` does. */
async function serveBench(
  folder: string,
  model: string,
  adapters: Seedling['adapters'],
  threads: number,
): Promise<ServedBench> {
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
      { id: 'bench/bench', domain: 'bench', parent, examples: [prompt], keywords: ['heart'] },
    ],
    fallback: { parent },
    classifier: { kind: 'lexical' },
    policy: { preload: [], keepAliveSeconds: 600, context: { initial: 512 } },
  };
  await writeFile(join(folder, 'router.json'), JSON.stringify(manifest));
  const engine = openHost(engineContract, { name: 'engine' });
  const family = await openFamily({
    path: folder,
    engine: (method, params, options) => engine.call(method, params, options),
    gpu: 'off',
    threads,
  });
  const server = await startServer({ v1: { token, family: () => family }, port: 0 });
  return {
    parent,
    stream: (name, text, maxTokens) => streamOne(server.port, name, text, maxTokens),
    async residentBytes() {
      const status = await readFile(`/proc/${engine.process?.processId ?? 0}/status`, 'utf8').catch(() => ''); // prettier-ignore
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    },
    async dispose() {
      await family.dispose();
      await server.close();
      await engine.dispose();
    },
  };
}

/** One answer over SSE. Events hold several tokens of small models, so the usage at the end counts them. */
async function streamOne(
  port: number,
  model: string,
  text: string,
  maxTokens: number,
): Promise<StreamedAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: text }],
      temperature: 0,
      max_tokens: maxTokens,
      stream: true,
      stream_options: { include_usage: true },
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

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function describeServing(result: ServingResult): string {
  const { oneStream, twoStreams, adapterSwitch, load, threads } = result;
  const percent = (ratio: number) => ((ratio - 1) * 100).toFixed(1);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    `Serving, one stream (${threads} threads): ${lowerQuartile(oneStream.alone).toFixed(2)} ms per token alone, ${lowerQuartile(oneStream.served).toFixed(2)} ms over HTTP: ${percent(oneStream.ratio)} % more (95 % interval ${percent(oneStream.low)} to ${percent(oneStream.high)}; aim: below 5 %).`,
    `Two streams on one adapter: ${lowerQuartile(twoStreams.together).toFixed(2)} s at once, ${lowerQuartile(twoStreams.inTurn).toFixed(2)} s one after the other: ${twoStreams.ratio.toFixed(2)} of the time (95 % interval ${twoStreams.low.toFixed(2)} to ${twoStreams.high.toFixed(2)}).`,
    `Adapter switch on Seedling: ${adapterSwitch.milliseconds.toFixed(2)} ms before the prompt is computed (aim: below 20 ms).`,
    '| clients | answers | errors | tokens/s | p50 ms | p95 ms | engine MB, warm | at the end |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...load.map(
      ({ clients, answers, errors, tokensPerSecond, p50, p95, residentBytes: { warm, end } }) =>
        `| ${clients} | ${answers} | ${errors} | ${tokensPerSecond.toFixed(0)} | ${p50.toFixed(0)} | ${p95.toFixed(0)} | ${megabytes(warm)} | ${megabytes(end)} |`,
    ),
  ].join('\n');
}
