// The engine's methods for serving: open, complete, embed, close, describe.
import { randomInt } from 'node:crypto';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { answerServed } from './answer-served.ts';
import { refusals } from './refusals.ts';
import { resolveAdapters } from './resolve-adapters.ts';
import type { ServedLane } from './served-lane.ts';
import type { LoadedParent } from './served-parent.ts';
import type { ServedStore } from './served-store.ts';
import { batchText, servedInterval } from './text-batcher.ts';

type ServedMethod = 'openParent' | 'completeServed' | 'embed' | 'closeParent' | 'describeServed';

export function servedHandlers(store: ServedStore): Pick<Handlers<EngineContract>, ServedMethod> {
  const stateOf = (name: string) => {
    const state = store.states().find(({ parent }) => parent === name);
    if (state !== undefined) return state;
    throw new StudioError('internal', `${name} left right after it was loaded.`);
  };

  return {
    openParent: ({ served, adapters, warmUp }, { signal, emit }) =>
      store.use(served, 'answers', { signal, emit }, async (loaded) => {
        const lane = laneOf(loaded);
        const resolved = await resolveAdapters(served.path, adapters);
        await lane.read(resolved);
        if (warmUp) await warm(lane, signal);
        return stateOf(served.parent);
      }),

    completeServed: completeServed(store),

    embed: ({ served, texts, cut }, { signal, emit }) =>
      store.use(served, 'vectors', { signal, emit }, async (loaded) => {
        const embedder = await store.embedder(loaded, { signal, emit });
        const vectors: number[][] = [];
        let tokens = 0;
        for (const text of texts) {
          signal.throwIfAborted();
          // One text a turn: answers beside it go on.
          const embedded = await store.compute(loaded, () =>
            refusals(served.path, () => embedder.embed(text, cut)),
          );
          vectors.push(embedded.vector);
          tokens += embedded.tokens;
        }
        return { vectors, tokens };
      }),

    async closeParent({ parent }) {
      await store.close(parent);
      return null;
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async describeServed() {
      return store.states();
    },
  };
}

function completeServed(store: ServedStore): Handlers<EngineContract>['completeServed'] {
  return async (params, { signal, emit }) => {
    const { served, input, stop, conversation, adapter } = params;
    const start = performance.now();
    const seed = params.sampling.seed ?? randomInt(0xffff_ffff);
    return store.use(served, 'answers', { signal, emit }, async (loaded, parent) => {
      const lane = laneOf(loaded);
      const adapters = await resolveAdapters(served.path, params.adapters);
      await lane.read(adapters);
      let begin = performance.now();
      let first: number | undefined;
      const batcher = batchText(
        (text, tokens) => emit({ event: 'text', text, tokens }),
        servedInterval,
      );
      const request = {
        key: lane.keyOf(adapters),
        input,
        sampling: { ...loaded.facts.sampling, ...params.sampling, seed },
        stop,
        conversation,
      };
      const result = await refusals(served.path, () =>
        answerServed(lane, request, {
          signal,
          onWait: () => undefined,
          onStart: () => {
            begin = performance.now();
            parent.adapter = adapter;
          },
          onText: (text, tokens) => {
            first ??= performance.now();
            batcher.push(text, tokens);
          },
        }),
      ).finally(() => batcher.flush());
      const end = performance.now();
      const streamed = first === undefined ? 0 : (end - first) / 1000;
      return {
        ...result,
        seed,
        waitedSeconds: (begin - start) / 1000,
        firstTokenSeconds: first === undefined ? null : (first - begin) / 1000,
        tokensPerSecond:
          result.tokens < 2 || streamed === 0 ? null : (result.tokens - 1) / streamed,
        seconds: (end - start) / 1000,
      };
    });
  };
}

function laneOf({ lane, file }: LoadedParent): ServedLane {
  if (lane !== undefined) return lane;
  throw new StudioError('architecture/unsupported', `${file.path} is an embedding model.`, {
    hint: 'Ask for its vectors, or name a model that generates text.',
  });
}

/** One token, so that the first request finds the pages of the file in memory and the graph reserved. */
async function warm(lane: ServedLane, signal: AbortSignal): Promise<void> {
  await answerServed(
    lane,
    {
      key: lane.keyOf([]),
      input: { prompt: ' ' },
      sampling: { temperature: 0, maxTokens: 1, seed: 0 },
      stop: [],
      conversation: undefined,
    },
    { signal, onWait: () => undefined, onStart: () => undefined, onText: () => undefined },
  );
}
