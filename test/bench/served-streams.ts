// What one stream over HTTP costs, and what two at once give: against node-llama-cpp alone in this process, and against
// llama-server. Short rounds of all in turn, forwards and backwards, because the machine's own speed drifts by far more than
// what is looked for; and beside the clock, how long event loops were busy.
import { mainThreadTime, openBusyMeter, ownUse, useBetween } from './busy-time.ts';
import { median, pairedRatio, type RatioInterval } from './ratio-interval.ts';
import { benchPrompt, serveBench, type ServedBench } from './serve-bench.ts';
import { startLlamaServer } from './llama-server.ts';
import { openDirect } from './streaming.ts';

/** Few, so that a pair of rounds is over before the machine has changed its pace. */
const tokensPerRound = 16;

export interface StreamsOptions {
  readonly model: string;
  readonly folder: string;
  readonly threads: number;
  readonly rounds: number;
  readonly llamaServer: { readonly program: string; readonly env: NodeJS.ProcessEnv } | undefined;
}

export interface OneStream {
  /** Milliseconds per token; rounds of the same index were measured next to each other. */
  readonly alone: readonly number[];
  readonly served: readonly number[];
  readonly peer: readonly number[] | undefined;
  readonly againstAlone: RatioInterval;
  readonly againstPeer: RatioInterval | undefined;
  /** Median milliseconds per token in which an event loop was busy. */
  readonly busy: {
    readonly alone: number;
    readonly engine: number;
    /** Of this process while it serves: server and client. */
    readonly serverAndClient: number;
    /** Of this process while llama-server answers the same client. */
    readonly clientOfPeer: number | undefined;
  };
  /** The same of the loops' threads on a processor, where the system tells. */
  readonly mainThread: OneStream['busy'] | undefined;
  /** Median milliseconds per token of all threads of the process that computes. */
  readonly processor: { readonly alone: number; readonly engine: number };
}

/** Seconds of two answers. */
export interface TwoStreams extends RatioInterval {
  readonly together: readonly number[];
  readonly inTurn: readonly number[];
  readonly peerTogether: readonly number[] | undefined;
  readonly againstPeer: RatioInterval | undefined;
}

export async function measureStreams(
  options: StreamsOptions,
): Promise<{ oneStream: OneStream; twoStreams: TwoStreams }> {
  const { model, threads, llamaServer } = options;
  const meter = await openBusyMeter();
  const direct = await openDirect(model, threads, tokensPerRound);
  const served = await serveBench({ ...options, environment: meter.environment });
  const peer = llamaServer && (await startLlamaServer({ ...llamaServer, model, threads }));
  try {
    const useOf = () => meter.use(served.processId);
    await direct.round();
    for (const bench of [served, peer]) await (bench && askTwice(bench));
    const oneStream = await measureOne(options.rounds, direct, served, peer, useOf);
    const twoStreams = await measureTwo(Math.max(12, Math.ceil(options.rounds / 4)), served, peer);
    return { oneStream, twoStreams };
  } finally {
    await peer?.dispose();
    await served.dispose();
    await direct.dispose();
    await meter.dispose();
  }
}

const ask = (bench: ServedBench, tokens = tokensPerRound) =>
  bench.stream(bench.names[0]!, benchPrompt, tokens);
const askTwice = (bench: ServedBench) => Promise.all([ask(bench, 48), ask(bench, 48)]);

async function measureOne(
  rounds: number,
  direct: Awaited<ReturnType<typeof openDirect>>,
  served: ServedBench,
  peer: ServedBench | undefined,
  useOfEngine: () => Promise<ReturnType<typeof ownUse>>,
): Promise<OneStream> {
  const alone = { time: [] as number[], busy: [] as number[], cpu: [] as number[] };
  const through = { time: [] as number[], busy: [] as number[], cpu: [] as number[] };
  const peerTime: number[] = [];
  const serverAndClient: number[] = [];
  const clientOfPeer: number[] = [];
  const onProcessor = { alone: [] as number[], engine: [] as number[], serverAndClient: [] as number[], clientOfPeer: [] as number[] }; // prettier-ignore
  /** Runs a round and notes what the threads of the loops took, per token. */
  const metered = async (
    sides: Partial<Record<keyof typeof onProcessor, number>>,
    round: () => Promise<number>,
  ) => {
    const read = () => Promise.all(Object.values(sides).map(mainThreadTime));
    const before = await read();
    const tokens = await round();
    for (const [index, time] of (await read()).entries()) {
      const side = Object.keys(sides)[index] as keyof typeof onProcessor;
      const start = before[index];
      if (time !== undefined && start !== undefined) {
        onProcessor[side].push((time - start) / tokens);
      }
    }
  };
  const rounded = [
    async () => {
      const before = ownUse();
      const { time, busy } = await direct.round();
      alone.time.push(time);
      alone.busy.push(busy);
      alone.cpu.push(useBetween(before, ownUse()).cpu / tokensPerRound);
      return tokensPerRound;
    },
    async () => {
      const engineBefore = await useOfEngine();
      const before = ownUse();
      const { millisecondsPerToken, tokens } = await ask(served);
      serverAndClient.push(useBetween(before, ownUse()).busy / tokens);
      const engine = useBetween(engineBefore, await useOfEngine());
      through.time.push(millisecondsPerToken);
      through.busy.push(engine.busy / tokens);
      through.cpu.push(engine.cpu / tokens);
      return tokens;
    },
    async () => {
      const before = ownUse();
      const { millisecondsPerToken, tokens } = await ask(peer!);
      clientOfPeer.push(useBetween(before, ownUse()).busy / tokens);
      peerTime.push(millisecondsPerToken);
      return tokens;
    },
  ] as const;
  const own = process.pid;
  const steps = [
    () => metered({ alone: own }, rounded[0]),
    () => metered({ engine: served.processId, serverAndClient: own }, rounded[1]),
    ...(peer === undefined ? [] : [() => metered({ clientOfPeer: own }, rounded[2])]),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const step of round % 2 === 0 ? steps : steps.toReversed()) await step();
  }
  return {
    alone: alone.time,
    served: through.time,
    peer: peer && peerTime,
    againstAlone: pairedRatio(through.time, alone.time),
    againstPeer: peer && pairedRatio(through.time, peerTime),
    busy: {
      alone: median(alone.busy),
      engine: median(through.busy),
      serverAndClient: median(serverAndClient),
      clientOfPeer: peer && median(clientOfPeer),
    },
    mainThread:
      onProcessor.alone.length === 0
        ? undefined
        : {
            alone: median(onProcessor.alone),
            engine: median(onProcessor.engine),
            serverAndClient: median(onProcessor.serverAndClient),
            clientOfPeer: peer && median(onProcessor.clientOfPeer),
          },
    processor: { alone: median(alone.cpu), engine: median(through.cpu) },
  };
}

async function measureTwo(
  rounds: number,
  served: ServedBench,
  peer: ServedBench | undefined,
): Promise<TwoStreams> {
  const together: number[] = [];
  const inTurn: number[] = [];
  const peerTogether: number[] = [];
  const steps = [
    async () => together.push(await secondsOf(() => askTwice(served))),
    async () => inTurn.push(await secondsOf(async () => [await ask(served, 48), await ask(served, 48)])), // prettier-ignore
    async () => peer && peerTogether.push(await secondsOf(() => askTwice(peer))),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const step of round % 2 === 0 ? steps : steps.toReversed()) await step();
  }
  return {
    together,
    inTurn,
    peerTogether: peer && peerTogether,
    againstPeer: peer && pairedRatio(together, peerTogether),
    ...pairedRatio(together, inTurn),
  };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function describeStreams(
  { oneStream, twoStreams }: { oneStream: OneStream; twoStreams: TwoStreams },
  threads: number,
): string[] {
  const percent = (ratio: number) => ((ratio - 1) * 100).toFixed(1);
  const { alone, served, peer, againstAlone, againstPeer, busy, mainThread, processor } = oneStream;
  const between = (interval: RatioInterval) =>
    `${percent(interval.ratio)} % more (${percent(interval.low)} to ${percent(interval.high)})`;
  const token = median(alone);
  const milliseconds = (value: number) => value.toFixed(2);
  /** What serving adds to node-llama-cpp; where llama-server was asked by the same client, without the client. */
  const added = (of: OneStream['busy']) => {
    const { alone: raw, engine, serverAndClient, clientOfPeer = 0 } = of;
    const sum = engine - raw + serverAndClient - clientOfPeer;
    const client = clientOfPeer === 0 ? ', the client counted in' : '';
    return `alone ${milliseconds(raw)}, engine ${milliseconds(engine)}, server and client ${milliseconds(serverAndClient)}, client of llama-server ${milliseconds(clientOfPeer)} ms per token: ${((sum / token) * 100).toFixed(1)} % of a token more${client}`;
  };
  const of = `${alone.length} rounds of ${tokensPerRound} tokens in turn, ${threads} threads`;
  const pairs = `${twoStreams.together.length} pairs`;
  return [
    `| what (medians; 95 % intervals of the median of the pairs' ratios) | measured | aim |`,
    '|---|---|---|',
    `| one stream over HTTP against node-llama-cpp (${of}) | ${milliseconds(median(served))} against ${milliseconds(token)} ms per token: ${between(againstAlone)} | < 5 % |`,
    ...(peer === undefined || againstPeer === undefined
      ? []
      : [`| one stream over HTTP against llama-server | ${milliseconds(median(served))} against ${milliseconds(median(peer))} ms per token: ${between(againstPeer)} | < 5 % |`]),
    `| of it: event loops busy | ${added(busy)} | |`,
    ...(mainThread === undefined
      ? []
      : [`| of it: their threads on a processor | ${added(mainThread)} | |`]),
    `| processor time of all threads | alone ${processor.alone.toFixed(1)}, engine ${processor.engine.toFixed(1)} ms per token | |`,
    `| two streams on one adapter, at once against in turn (${pairs}) | ${twoStreams.ratio.toFixed(2)} of the time (${twoStreams.low.toFixed(2)} to ${twoStreams.high.toFixed(2)}): ${milliseconds(median(twoStreams.together))} against ${milliseconds(median(twoStreams.inTurn))} s | < 1 |`,
    ...(twoStreams.peerTogether === undefined || twoStreams.againstPeer === undefined
      ? []
      : [`| two at once against llama-server | ${milliseconds(median(twoStreams.together))} against ${milliseconds(median(twoStreams.peerTogether))} s: ${between(twoStreams.againstPeer)} | |`]),
  ]; // prettier-ignore
}
