// The engine's methods for the command line: chats that keep their own history.
import { randomInt } from 'node:crypto';
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseThreads } from '#src/io/choose-threads.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { resolveChatTemplate } from './chat-template.ts';
import { Chat } from './chat.ts';
import type { LlamaSource } from './load-llama.ts';
import { loadModel } from './load-model.ts';
import { statModel } from './model-file.ts';
import { windowOf } from './open-column.ts';
import { refusals } from './refusals.ts';
import { readModelFacts, resolveAdapters } from './resolve-adapters.ts';

type ChatMethod = 'openChat' | 'say' | 'setAdapters' | 'resetChat' | 'closeChat';

interface OpenedChat {
  readonly chat: Chat;
  readonly path: string;
  readonly recommended: Sampling;
}

export interface ChatHandlers {
  readonly handlers: Pick<Handlers<EngineContract>, ChatMethod>;
  dispose(): Promise<void>;
}

export function chatHandlers(llamas: LlamaSource): ChatHandlers {
  const chats = new Map<number, OpenedChat>();
  let nextChat = 1;

  const find = (id: number) => {
    const found = chats.get(id);
    if (found === undefined) {
      throw new StudioError('contract/invalid', `There is no chat ${id}.`);
    }
    return found;
  };

  const handlers: ChatHandlers['handlers'] = {
    async openChat(params, { signal, emit }) {
      const { path } = params;
      const start = performance.now();
      emit({ event: 'phase', phase: 'Loading', detail: path });
      const file = await statModel(path);
      const facts = await readModelFacts(path);
      const adapters = await resolveAdapters(path, params.adapters);
      const llama = await llamas.get(params.gpuLayers === 0 ? 'off' : 'auto', emit);
      const contextSize = windowOf(params.contextSize, facts);
      const model = await loadModel(llama, file, {
        gpuLayers: params.gpuLayers,
        contextSize,
        signal,
        onProgress: (done, total) => emit({ event: 'progress', done, total, unit: 'bytes' }),
        notice: emit,
      });
      try {
        const threads = params.threads ?? chooseThreads(file.bytes);
        const warn = (message: string) => emit({ event: 'notice', level: 'warning', message });
        if (params.contextSize !== undefined && params.contextSize > contextSize) {
          warn(`The model was trained on ${contextSize} tokens; the context is cut to that.`);
        }
        const { systemPrompt, raw } = params;
        const template = resolveChatTemplate(model, facts.vocabulary);
        if (!raw && template.problem !== undefined) warn(template.problem);
        const options = { contextSize, threads, adapters, template, systemPrompt, raw };
        const chat = await refusals(path, () => Chat.create(model, options, signal));
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

    async resetChat({ chat: id }, { signal }) {
      await find(id).chat.restart(undefined, signal);
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
      chats.clear();
    },
  };
}
