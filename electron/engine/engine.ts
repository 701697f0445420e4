// The engine: chats of the command line, columns of the window and served models over the same loaded llama.cpp.
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { chatHandlers } from './chat-handlers.ts';
import { columnHandlers } from './column-handlers.ts';
import { ColumnStore } from './column-store.ts';
import { createLlamaSource } from './load-llama.ts';
import { servedHandlers } from './served-handlers.ts';
import { ServedStore } from './served-store.ts';

export interface Engine {
  readonly handlers: Handlers<EngineContract>;
  /** Ends answers, then frees contexts, models and llama.cpp, in that order: some back ends abort otherwise. */
  dispose(): Promise<void>;
}

export function createEngine(): Engine {
  const llamas = createLlamaSource();
  const store = new ColumnStore(llamas);
  const served = new ServedStore(store);
  const chats = chatHandlers(llamas);
  return {
    handlers: { ...chats.handlers, ...columnHandlers(store), ...servedHandlers(served) },
    async dispose() {
      await served.dispose();
      await store.dispose();
      await chats.dispose();
      await llamas.dispose();
    },
  };
}
