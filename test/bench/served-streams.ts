// What one stream over HTTP costs, and what two at once give: against node-llama-cpp alone in this process, and against
// llama-server. Short rounds of all in turn, forwards and backwards, because the machine's own speed drifts by far more than
// what is looked for; and beside the clock, how long event loops were busy.
import { openBusyMeter, ownUse, useBetween } from './busy-time.ts';
import { lowerQuartile, median, pairedRatio, ratioInterval, type RatioInterval } from './ratio-interval.ts'; // prettier-ignore
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
    const twoStreams = await measureTwo(Math.max(4, Math.ceil(options.rounds / 8)), served, peer);
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
  const steps = [
    async () => {
      const before = ownUse();
      const { time, busy } = await direct.round();
      alone.time.push(time);
      alone.busy.push(busy);
      alone.cpu.push(useBetween(before, ownUse()).cpu / tokensPerRound);
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
    },
    async () => {
      if (peer === undefined) return;
      const before = ownUse();
      const { millisecondsPerToken, tokens } = await ask(peer);
      clientOfPeer.push(useBetween(before, ownUse()).busy / tokens);
      peerTime.push(millisecondsPerToken);
    },
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
    ...ratioInterval(together, inTurn, lowerQuartile),
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
  const { alone, served, peer, againstAlone, againstPeer, busy, processor } = oneStream;
  const between = (interval: RatioInterval) =>
    `${percent(interval.ratio)} % more (95 % interval ${percent(interval.low)} to ${percent(interval.high)})`;
  const token = median(alone);
  const client = busy.clientOfPeer ?? 0;
  const added = busy.engine - busy.alone + busy.serverAndClient - client;
  return [
    `Serving, one stream (${threads} threads, ${alone.length} rounds of ${tokensPerRound} tokens in turn, medians): ${token.toFixed(2)} ms per token alone, ${median(served).toFixed(2)} ms over HTTP: ${between(againstAlone)}; aim: below 5 %.`,
    ...(peer === undefined || againstPeer === undefined
      ? []
      : [`Against llama-server, ${median(peer).toFixed(2)} ms per token: ${between(againstPeer)}.`]),
    `Event loops were busy for ${busy.alone.toFixed(2)} ms per token alone; ${busy.engine.toFixed(2)} ms in the engine and ${busy.serverAndClient.toFixed(2)} ms in server and client${client === 0 ? '' : ` (${client.toFixed(2)} ms of it the client)`}: ${((added / token) * 100).toFixed(1)} % of a token more${client === 0 ? ', the client counted in' : ''}.`,
    `Processor time of all threads: ${processor.alone.toFixed(1)} ms per token alone, ${processor.engine.toFixed(1)} ms in the engine.`,
    `Two streams on one adapter: ${lowerQuartile(twoStreams.together).toFixed(2)} s at once, ${lowerQuartile(twoStreams.inTurn).toFixed(2)} s one after the other: ${twoStreams.ratio.toFixed(2)} of the time (95 % interval ${twoStreams.low.toFixed(2)} to ${twoStreams.high.toFixed(2)}).`,
    ...(twoStreams.peerTogether === undefined || twoStreams.againstPeer === undefined
      ? []
      : [`Two at once on llama-server: ${median(twoStreams.peerTogether).toFixed(2)} s; ours takes ${between(twoStreams.againstPeer)}.`]),
  ]; // prettier-ignore
}
