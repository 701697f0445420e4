// A chat column in the engine: a loaded model with its adapters and context, that answers whole conversations. History
// belongs to the caller and is sent with every prompt: regenerate, edit and resend are the same call, and the engine keeps
// what its cache already holds.
import { z } from 'zod';
import { threadCount } from './outputs.ts';

export const messageSchema = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  text: z.string().max(10_000_000),
});

/** What loading needs besides the files; absent values are chosen from the machine and the model. */
export const columnOptionsSchema = z.object({
  contextSize: z.int().min(16).exactOptional(),
  threads: threadCount.exactOptional(),
  gpuLayers: z.union([z.literal('auto'), z.int().min(0)]).default('auto'),
  /** Most RAM that loaded columns may take together; others are unloaded, least recently used first, to keep it. */
  memoryBudgetBytes: z.int().min(0).exactOptional(),
  /** Back end; `off` is the processor alone. */
  gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto'),
});

export const columnStateSchema = z.object({
  column: z.string(),
  state: z.enum(['unloaded', 'loading', 'ready', 'answering', 'waiting', 'failed']),
  /** Why it waits or failed, in a sentence: `Waits for memory: needs 4.1 GiB, 2.0 GiB are free.` */
  reason: z.string().exactOptional(),
});

export const loadedColumnSchema = z.object({
  column: z.string(),
  model: z.string(),
  contextSize: z.number(),
  trainedContextSize: z.number(),
  threads: z.number(),
  gpu: z.union([z.literal(false), z.string()]),
  gpuLayers: z.number(),
  totalLayers: z.number(),
  ramBytes: z.number(),
  vramBytes: z.number(),
  template: z.string(),
  /** The file's own chat template cannot be used (it throws): what is used instead, and why. */
  templateProblem: z.string().exactOptional(),
  adapters: z.array(z.string()),
  bundledAdapters: z.array(z.string()),
  /** Recommended by the model's authors (`general.sampling.*`). */
  notices: z.array(z.string()),
  seconds: z.number(),
});

export const answerSchema = z.object({
  text: z.string(),
  tokens: z.number(),
  /** Tokens of the whole prompt: system prompt, history and last message in the chat template. */
  promptTokens: z.number(),
  /** How many of them were in the cache from the turn before and were not computed again. */
  cachedTokens: z.number().exactOptional(),
  /** Tokens of the window that the conversation now uses. */
  windowUsed: z.number(),
  windowSize: z.number(),
  /**
   * `eogToken`: the model ended it; `maxTokens`: the limit of the sampling; `window`: the context window is full;
   * `abort`: it was stopped; `stopGenerationTrigger`: a text that ends answers in this chat template.
   */
  stopReason: z.string(),
  seed: z.number(),
  /** From the start of the computing, not of the waiting or loading, to the first piece of text; null without any. */
  firstTokenSeconds: z.number().nullable(),
  /** Generation alone, the first token excluded; null for fewer than two tokens. */
  tokensPerSecond: z.number().nullable(),
  /** Of the whole call, loading and waiting for other columns included. */
  seconds: z.number(),
});

/** The first token in which the last answers of two columns differ, evaluated again at that one position. */
export const firstDifferenceSchema = z.object({
  /** Index into the answer's tokens, from 0; null when the answers are the same as far as both go. */
  position: z.number().nullable(),
  /** Length in characters of the common text before it, to mark it. */
  characters: z.number(),
  sides: z.array(
    z.object({
      column: z.string(),
      /** The token's text; empty for the end of the answer. */
      token: z.string(),
      /** What this column's model gives either token there, and its own most likely ones. */
      probabilities: z.array(z.object({ token: z.string(), probability: z.number() })),
    }),
  ),
  /** Why probabilities cannot be told (another vocabulary, the column was unloaded). */
  reason: z.string().exactOptional(),
});

export type ChatMessage = z.infer<typeof messageSchema>;
export type ColumnOptions = z.input<typeof columnOptionsSchema>;
export type ColumnState = z.infer<typeof columnStateSchema>;
export type LoadedColumn = z.infer<typeof loadedColumnSchema>;
export type Answer = z.infer<typeof answerSchema>;
export type FirstDifference = z.infer<typeof firstDifferenceSchema>;
