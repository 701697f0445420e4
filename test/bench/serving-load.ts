// A load of 1, 4 and 16 clients who ask again and again, each time for another adapter, and the memory of the process that
// computes: when everything is warm, and at the end.
import { setTimeout } from 'node:timers/promises';
import { median } from './ratio-interval.ts';
import { benchPrompt, residentBytes, type ServedBench } from './serve-bench.ts';

export interface LoadResult {
  readonly clients: number;
  readonly seconds: number;
  readonly answers: number;
  readonly errors: number;
  /** Of the first error. */
  readonly problem: string | undefined;
  readonly tokensPerSecond: number;
  readonly p50: number;
  readonly p95: number;
  /** Of the process that computes. */
  readonly residentBytes: { readonly warm: number; readonly end: number };
}

/** Each number of clients for a third of `seconds`. */
export async function measureLoad(bench: ServedBench, seconds: number): Promise<LoadResult[]> {
  const results: LoadResult[] = [];
  for (const clients of [1, 4, 16]) results.push(await loadWith(bench, clients, seconds / 3));
  return results;
}

async function loadWith(
  served: ServedBench,
  clients: number,
  seconds: number,
): Promise<LoadResult> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const times: number[] = [];
  let tokens = 0;
  let errors = 0;
  let problem: string | undefined;
  const one = async (client: number) => {
    for (let turn = 0; performance.now() < end; turn++) {
      const start = performance.now();
      const name = served.names[(client + turn) % served.names.length]!;
      try {
        const answered = await served.stream(name, `${benchPrompt} (${client}, ${turn})`, 32);
        tokens += answered.tokens;
        times.push(performance.now() - start);
      } catch (error) {
        errors++;
        problem ??= String(error);
        await setTimeout(100);
      }
    }
  };
  const samples: number[] = [];
  const stop = new AbortController();
  const sampling = (async () => {
    while (!stop.signal.aborted) {
      samples.push(await residentBytes(served.processId));
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
    problem,
    tokensPerSecond: tokens / took,
    p50: at(0.5),
    p95: at(0.95),
    residentBytes: {
      warm: median(samples.slice(quarter, 2 * quarter)),
      end: median(samples.slice(-quarter)),
    },
  };
}

export function describeLoad(load: readonly LoadResult[]): string[] {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    '| clients | answers | errors | tokens/s | p50 ms | p95 ms | process MB, warm | at the end |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...load.map(
      ({ clients, answers, errors, tokensPerSecond, p50, p95, residentBytes: { warm, end } }) =>
        `| ${clients} | ${answers} | ${errors} | ${tokensPerSecond.toFixed(0)} | ${p50.toFixed(0)} | ${p95.toFixed(0)} | ${megabytes(warm)} | ${megabytes(end)} |`,
    ),
    ...load.flatMap(({ clients, problem }) =>
      problem === undefined ? [] : [`First error with ${clients} clients: ${problem}`],
    ),
  ];
}
