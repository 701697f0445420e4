// What streaming costs: time per token of an answer that comes from the engine host, over its channel, against
// node-llama-cpp alone in this process. Both in turn, same model, threads, prompt and greedy sampling.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { stat } from 'node:fs/promises';
import { engineContract } from '#src/contract/engine.contract.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { openHost } from '#src/io/open-host.ts';
import { median, ratioInterval, type RatioInterval } from './ratio-interval.ts';

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
}

/** Rounds in turn, and each side first in half of the pairs, so that a machine that becomes slower slows both. */
export async function measureStreaming(
  model: string,
  rounds = 16,
  threadsAsked?: number,
): Promise<StreamingResult> {
  const threads = threadsAsked ?? chooseThreads((await stat(model)).size);
  const direct = await openDirect(model, threads);
  const host = await openThroughHost(model, threads);
  try {
    await direct.round();
    await host.round();
    const alone: number[] = [];
    const streamed: number[] = [];
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) alone.push(await direct.round());
      streamed.push(await host.round());
      if (round % 2 === 1) alone.push(await direct.round());
    }
    return {
      model,
      threads,
      alone,
      streamed,
      ...ratioInterval(streamed, alone),
    };
  } finally {
    await host.dispose();
    await direct.dispose();
  }
}

interface Subject {
  /** One answer; milliseconds per token. */
  round(): Promise<number>;
  dispose(): Promise<void>;
}

async function openDirect(modelPath: string, threads: number): Promise<Subject> {
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
      const options = { temperature: 0, yieldEogToken: true };
      for await (const token of sequence.evaluate(tokens, options)) {
        meter.count(1);
        if (meter.tokens >= tokensPerRound || model.isEogToken(token)) break;
      }
      return meter.millisecondsPerToken();
    },
    dispose: () => llama.dispose(),
  };
}

async function openThroughHost(path: string, threads: number): Promise<Subject> {
  const host = openHost(engineContract, { name: 'engine' });
  await host.call('loadColumn', { column: 'bench', path, contextSize, threads, gpu: 'off' });
  return {
    async round() {
      const meter = createMeter();
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
      return meter.millisecondsPerToken();
    },
    dispose: () => host.dispose(),
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
  const { alone, streamed, threads, ratio, low, high } = result;
  return [
    `Streaming (${threads} threads): ${median(alone).toFixed(2)} ms per token alone, ${median(streamed).toFixed(2)} ms through the engine host`,
    `(medians of ${alone.length} rounds in turn): ${percent(ratio)} % more (95 % interval ${percent(low)} to ${percent(high)}).`,
  ].join(' ');
}
