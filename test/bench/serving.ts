// What serving costs and gives, against node-llama-cpp alone and against llama-server of the same release: one stream, two
// at once, an adapter switch on Seedling, and a load of 1, 4 and 16 clients with its memory.
import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { switchAdapters } from '#electron/engine/switch-adapters.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { startLlamaServer } from './llama-server.ts';
import type { LlamaServerTool } from './peer-tools.ts';
import { median } from './ratio-interval.ts';
import { serveBench, type BenchAdapter } from './serve-bench.ts';
import { describeStreams, measureStreams, type OneStream, type TwoStreams } from './served-streams.ts'; // prettier-ignore
import { describeLoad, measureLoad, type LoadResult } from './serving-load.ts';

/** The peer's load is for its throughput alone. */
const mostPeerSeconds = 60;

export interface ServingResult {
  readonly model: string;
  readonly threads: number;
  readonly oneStream: OneStream;
  readonly twoStreams: TwoStreams;
  readonly adapterSwitch: SwitchResult;
  readonly load: readonly LoadResult[];
  /** llama-server's, or why there is none. */
  readonly peerLoad: readonly LoadResult[] | { readonly missing: string };
}

export interface SwitchResult {
  /** Milliseconds of a switch with the token after it, and of a token without one. */
  readonly withSwitch: readonly number[];
  readonly without: readonly number[];
  /** Median of the one less the other's. */
  readonly milliseconds: number;
}

/** `model` is the bench's 0.5 B model; `command` runs the command line; the load lasts `loadSeconds` in all. */
export async function measureServing(options: {
  readonly model: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly seedlingFolder: string;
  readonly peers: LlamaServerTool;
  readonly rounds?: number;
  readonly loadSeconds?: number;
}): Promise<ServingResult> {
  const { model, folder, peers, rounds = 64, loadSeconds = 300 } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const threads = chooseThreads((await stat(model)).size);
  const { server, env } = peers;
  const llamaServer = typeof server === 'string' ? { program: server, env } : undefined;
  const one = join(folder, 'one');
  const streams = await measureStreams({ model, folder: one, threads, rounds, llamaServer });
  const seedling = await makeSeedling(options);
  const adapterSwitch = await measureSwitch(seedling);
  const served = await serveBench({ ...seedling, folder: join(folder, 'load'), threads: 1 });
  const load = await measureLoad(served, loadSeconds).finally(() => served.dispose());
  let peerLoad: ServingResult['peerLoad'] = typeof server === 'string' ? [] : server;
  if (llamaServer !== undefined) {
    const peer = await startLlamaServer({ ...llamaServer, ...seedling, threads: 1 });
    peerLoad = await measureLoad(peer, Math.min(mostPeerSeconds, loadSeconds)).finally(() => peer.dispose()); // prettier-ignore
  }
  return { model, threads, ...streams, adapterSwitch, load, peerLoad };
}

interface Seedling {
  readonly model: string;
  readonly adapters: readonly BenchAdapter[];
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

export function describeServing(result: ServingResult): string {
  const { adapterSwitch, load, peerLoad, threads } = result;
  return [
    ...describeStreams(result, threads),
    `| switch of adapters on Seedling, before the prompt | ${adapterSwitch.milliseconds.toFixed(2)} ms | < 20 ms |`,
    '',
    'Seedling and two adapters in turn:',
    ...describeLoad(load),
    ...('missing' in peerLoad
      ? [`Skipped: llama-server (${peerLoad.missing}).`]
      : ['The same on llama-server:', ...describeLoad(peerLoad)]),
  ].join('\n');
}
