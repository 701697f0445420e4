// What streaming costs: time per token of an answer that comes from the engine host, over its channel, against
// node-llama-cpp alone in this process. Both in turn, same model, threads, prompt and greedy sampling. Told twice: by the
// clock, which other programs of the machine disturb, and by how long JavaScript kept llama.cpp waiting, which they hardly do.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { stat } from 'node:fs/promises';
import { engineContract } from '#src/contract/engine.contract.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { openHost } from '#src/io/open-host.ts';
import { openBusyMeter, ownUse } from './busy-time.ts';
import { lowerQuartile, median, ratioInterval, type RatioInterval } from './ratio-interval.ts';

const prompt = 'Tell me what a heart does, and why.';
const tokensPerRound = 48;
const contextSize = 512;

/** With the ratio of streamed to alone; rounds of the same index were measured next to each other. */
export interface StreamingResult extends RatioInterval {
  readonly model: string;
  readonly threads: number;
  /** Milliseconds per token of each round, the first token excluded. */
  readonly alone: readonly number[];
  readonly streamed: readonly number[];
  /** Median milliseconds per token in which a side's event loop was busy: llama.cpp computes on other threads and waits. */
  readonly aloneBusy: number;
  readonly streamedBusy: number;
}

/** Rounds in turn, and each side first in half of the pairs, so that a machine that becomes slower slows both. */
export async function measureStreaming(
  model: string,
  rounds = 64,
  threadsAsked?: number,
): Promise<StreamingResult> {
  const threads = threadsAsked ?? chooseThreads((await stat(model)).size);
  const direct = await openDirect(model, threads);
  const host = await openThroughHost(model, threads);
  try {
    await direct.round();
    await host.round();
    const alone: Round[] = [];
    const streamed: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) alone.push(await direct.round());
      streamed.push(await host.round());
      if (round % 2 === 1) alone.push(await direct.round());
    }
    const aloneTimes = alone.map(({ time }) => time);
    const streamedTimes = streamed.map(({ time }) => time);
    return {
      model,
      threads,
      alone: aloneTimes,
      streamed: streamedTimes,
      aloneBusy: median(alone.map(({ busy }) => busy)),
      streamedBusy: median(streamed.map(({ busy }) => busy)),
      ...ratioInterval(streamedTimes, aloneTimes, lowerQuartile),
    };
  } finally {
    await host.dispose();
    await direct.dispose();
  }
}

/** Milliseconds per token of one answer. */
export interface Round {
  readonly time: number;
  readonly busy: number;
}

export interface Subject {
  round(): Promise<Round>;
  dispose(): Promise<void>;
}

export async function openDirect(
  modelPath: string,
  threads: number,
  tokensPerAnswer = tokensPerRound,
): Promise<Subject> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: threads,
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize, threads });
  const sequence = context.getSequence();
  const tokens = model.tokenize(prompt);
  return {
    async round() {
      await sequence.clearHistory();
      const meter = createMeter();
      const before = ownUse().busy;
      const options = { temperature: 0, yieldEogToken: true };
      for await (const token of sequence.evaluate(tokens, options)) {
        meter.count(1);
        if (meter.tokens >= tokensPerAnswer || model.isEogToken(token)) break;
      }
      const busy = ownUse().busy - before;
      return { time: meter.millisecondsPerToken(), busy: busy / meter.tokens };
    },
    dispose: () => llama.dispose(),
  };
}

async function openThroughHost(path: string, threads: number): Promise<Subject> {
  const busyMeter = await openBusyMeter();
  const host = openHost(engineContract, { name: 'engine', environment: busyMeter.environment });
  await host.call('loadColumn', { column: 'bench', path, contextSize, threads, gpu: 'off' });
  return {
    async round() {
      const meter = createMeter();
      const before = await busyMeter.use(host.process!.processId!);
      const answer = await host.call(
        'generate',
        {
          column: 'bench',
          messages: [{ role: 'user', text: prompt }],
          sampling: { temperature: 0, maxTokens: tokensPerRound },
        },
        { onEvent: (event) => event.event === 'text' && meter.count(event.tokens) },
      );
      meter.finish(answer.tokens);
      const { busy } = await busyMeter.use(host.process!.processId!);
      return {
        time: meter.millisecondsPerToken(),
        busy: (busy - before.busy) / answer.tokens,
      };
    },
    async dispose() {
      await host.dispose();
      await busyMeter.dispose();
    },
  };
}

/** From the first token that arrives to the end. */
function createMeter() {
  let tokens = 0;
  let first: number | undefined;
  let end = 0;
  return {
    get tokens() {
      return tokens;
    },
    count(more: number) {
      tokens += more;
      end = performance.now();
      first ??= end;
    },
    /** The answer is complete. */
    finish(total: number) {
      tokens = total;
      end = performance.now();
    },
    millisecondsPerToken: () => (end - (first ?? end)) / Math.max(1, tokens - 1),
  };
}

export function describeStreaming(result: StreamingResult): string {
  const percent = (ratio: number) => ((ratio - 1) * 100).toFixed(1);
  const { alone, streamed, threads, ratio, low, high, aloneBusy, streamedBusy } = result;
  const quick = lowerQuartile(alone);
  return [
    `Streaming (${threads} threads): ${quick.toFixed(2)} ms per token alone, ${lowerQuartile(streamed).toFixed(2)} ms through the engine host`,
    `(lower quartiles of ${alone.length} rounds in turn): ${percent(ratio)} % more (95 % interval ${percent(low)} to ${percent(high)}).`,
    `JavaScript kept llama.cpp waiting for ${aloneBusy.toFixed(3)} ms per token alone and ${streamedBusy.toFixed(3)} ms in the host:`,
    `${percent(1 + (streamedBusy - aloneBusy) / quick)} % of a token more.`,
  ].join(' ');
}
