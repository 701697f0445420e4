// The engine's methods: opens chats, lets them speak, ends them. One llama.cpp instance for all of them.
import { randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Llama } from 'node-llama-cpp';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { toIoError } from '#src/io/io-error.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { Chat } from './chat.ts';
import { forgetProblems, loadLlama, loggedProblems } from './load-llama.ts';
import { readModelFacts, resolveAdapters } from './resolve-adapters.ts';

/** Tokens of a context when neither the caller nor the file says; larger ones take memory that few chats use. */
const usualContext = 4096;

export interface Engine {
  readonly handlers: Handlers<EngineContract>;
  dispose(): Promise<void>;
}

export function createEngine(): Engine {
  const chats = new Map<number, { chat: Chat; path: string; recommended: Sampling }>();
  let llama: Llama | undefined;
  let nextChat = 1;

  const find = (id: number) => {
    const found = chats.get(id);
    if (found === undefined) {
      throw new StudioError('contract/invalid', `There is no chat ${id}.`);
    }
    return found;
  };

  const handlers: Handlers<EngineContract> = {
    async openChat(params, { signal, emit }) {
      const { path } = params;
      const start = performance.now();
      emit({ event: 'phase', phase: 'Loading', detail: path });
      const size = await fileSize(path);
      const facts = await readModelFacts(path);
      const adapters = await resolveAdapters(path, params.adapters);
      llama ??= await loadLlama(params.gpuLayers !== 0, emit);
      const model = await refusals(path, () =>
        llama!.loadModel({
          modelPath: path,
          gpuLayers: params.gpuLayers,
          loadSignal: signal,
          onLoadProgress: (done) =>
            emit({ event: 'progress', done: Math.round(done * size), total: size, unit: 'bytes' }),
        }),
      );
      try {
        const threads = params.threads ?? chooseThreads(size);
        const trained = model.trainContextSize;
        const wanted = params.contextSize ?? facts.contextWindow ?? usualContext;
        if (params.contextSize !== undefined && params.contextSize > trained) {
          const message = `The model was trained on ${trained} tokens; the context is cut to that.`;
          emit({ event: 'notice', level: 'warning', message });
        }
        const chatOptions = {
          contextSize: Math.min(wanted, trained),
          threads,
          systemPrompt: params.systemPrompt,
          raw: params.raw,
        };
        const chat = await refusals(path, () => Chat.create(model, chatOptions, adapters, signal));
        const id = nextChat++;
        chats.set(id, { chat, path, recommended: facts.sampling });
        return {
          chat: id,
          model: model.filename ?? path,
          contextSize: chat.contextSize,
          threads,
          gpu: llama.gpu,
          gpuLayers: model.gpuLayers,
          template: chat.template,
          adapters: chat.adapterNames,
          bundledAdapters: [...facts.bundledAdapters],
          seconds: (performance.now() - start) / 1000,
        };
      } catch (error) {
        await model.dispose();
        throw error;
      }
    },

    async say({ chat: id, text, sampling }, { signal, emit }) {
      const { chat, path, recommended } = find(id);
      const start = performance.now();
      let first: number | undefined;
      const seed = sampling.seed ?? randomInt(0xffff_ffff);
      const onText = (piece: string) => {
        first ??= performance.now();
        emit({ event: 'text', text: piece });
      };
      const answer = await refusals(path, () =>
        chat.say(text, { ...recommended, ...sampling, seed }, onText, signal),
      );
      return {
        ...answer,
        seed,
        firstTokenSeconds: first === undefined ? null : (first - start) / 1000,
        seconds: (performance.now() - start) / 1000,
      };
    },

    async setAdapters({ chat: id, adapters }, { signal }) {
      const { chat, path } = find(id);
      const resolved = await resolveAdapters(path, adapters);
      await refusals(path, () => chat.restart(resolved, signal));
      return { adapters: chat.adapterNames };
    },

    async resetChat({ chat: id }) {
      await find(id).chat.restart();
      return null;
    },

    async closeChat({ chat: id }) {
      const { chat } = find(id);
      chats.delete(id);
      await chat.dispose();
      return null;
    },
  };

  return {
    handlers,
    async dispose() {
      for (const { chat } of chats.values()) await chat.dispose();
      await llama?.dispose();
    },
  };
}

async function fileSize(path: string): Promise<number> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) {
    throw new StudioError('gguf/invalid', `${path} is a folder; a chat needs a GGUF file.`, {
      hint: 'Convert a Hugging Face folder first: gguf-studio convert FOLDER --outfile model.gguf.',
    });
  }
  return status.size;
}

/** node-llama-cpp throws plain errors: what it says of the model becomes ours, cancelling and our own stay. */
async function refusals<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  forgetProblems();
  try {
    return await work();
  } catch (error) {
    if (error instanceof StudioError) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw error;
    const said = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason';
    const logged = loggedProblems();
    const reason = logged === '' ? said : `${said} (${logged})`;
    if (/lora/i.test(said)) {
      throw new StudioError('adapter/wrong-base', `${path}: ${reason}.`, {
        hint: 'Give an adapter that was trained on this base.',
        cause: error,
      });
    }
    throw new StudioError('native/failed', `${path}: ${reason}.`, {
      hint: 'gguf-studio validate tells what is wrong with the file; --verbose shows the log of llama.cpp.',
      cause: error,
    });
  }
}
