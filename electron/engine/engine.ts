// The engine: chats of the command line and columns of the window over the same loaded llama.cpp.
import type { EngineContract } from '#src/contract/engine.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { chatHandlers } from './chat-handlers.ts';
import { columnHandlers } from './column-handlers.ts';
import { ColumnStore } from './column-store.ts';
import { createLlamaSource } from './load-llama.ts';

export interface Engine {
  readonly handlers: Handlers<EngineContract>;
  /** Ends answers, then frees contexts, models and llama.cpp, in that order: some back ends abort otherwise. */
  dispose(): Promise<void>;
}

export function createEngine(): Engine {
  const llamas = createLlamaSource();
  const store = new ColumnStore(llamas);
  const chats = chatHandlers(llamas);
  return {
    handlers: { ...chats.handlers, ...columnHandlers(store) },
    async dispose() {
      await store.dispose();
      await chats.dispose();
      await llamas.dispose();
    },
  };
}
