// llama-server as the peer of serving: the same file, adapters, threads and number of streams, asked by the same client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { benchStreams, streamOne, type BenchAdapter, type ServedBench } from './serve-bench.ts';

/** Tokens of a stream, as the served family begins with. */
const contextSize = 512;
const startMilliseconds = 60_000;

/** Throws an Error with its last words when llama-server does not come up. */
export async function startLlamaServer(options: {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly model: string;
  readonly adapters?: readonly BenchAdapter[];
  readonly threads: number;
}): Promise<ServedBench> {
  const { program, env, model, adapters = [], threads } = options;
  const port = await freePort();
  const words = [
    '-m',
    model,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--offline',
    '--no-ui',
  ];
  words.push('-t', String(threads), '-tb', String(threads));
  words.push('-np', String(benchStreams), '-c', String(benchStreams * contextSize));
  // Its cache of prompts in memory would grow beside what is measured.
  words.push('--cache-ram', '0');
  for (const { path } of adapters) words.push('--lora', path);
  if (adapters.length > 0) words.push('--lora-init-without-apply');
  const child = spawn(program, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close').catch(() => undefined);
  const names = ['', ...adapters.map(({ id }) => id)];
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const deadline = performance.now() + startMilliseconds;
  while (!(await isHealthy(port))) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
      await end();
      throw new Error(`llama-server did not start: ${said.trim()}`);
    }
    await setTimeout(100);
  }
  return {
    names,
    processId: child.pid ?? 0,
    stream(name, text, maxTokens) {
      const lora = adapters.map(({ id: other }, id) => ({ id, scale: other === name ? 1 : 0 }));
      const ask = () => streamOne(port, adapters.length > 0 ? { lora } : {}, text, maxTokens);
      // It closes a connection after some requests, perhaps while the next one is on its way: clients ask once more.
      return ask().catch((error: unknown) => {
        if (error instanceof TypeError) return ask();
        throw error;
      });
    },
    dispose: end,
  };
}

async function isHealthy(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
