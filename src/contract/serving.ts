// Served models in the engine: a parent is one loaded model with one context of several streams, on which adapters are
// switched. What a parent should be is sent with every call, so that an engine that was started anew needs no memory of it.
import { z } from 'zod';
import { answerSchema } from './column.ts';
import { absolutePath, threadCount } from './outputs.ts';

export const servedParentSchema = z.object({
  parent: z.string().min(1).max(300),
  path: absolutePath,
  /** Tokens of a stream at first; it grows up to `contextWindow` when a conversation needs it. */
  contextInitial: z.int().min(16).exactOptional(),
  /** Default: the build's own window, else 4096; never above the trained one. */
  contextWindow: z.int().min(16).exactOptional(),
  /** At the end of the window: end the answer, or forget the oldest turns. Either is told. */
  whenFull: z.enum(['stop', 'slide']).default('stop'),
  /** Answers that are computed at once; fewer when memory does not hold their caches. */
  streams: z.int().min(1).max(16).default(4),
  threads: threadCount.exactOptional(),
  gpuLayers: z.union([z.literal('auto'), z.int().min(0)]).default('auto'),
  gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto'),
  /** Most RAM that served parents may take together; idle ones leave, least recently used first. */
  memoryBudgetBytes: z.int().min(0).exactOptional(),
  /** An idle parent leaves after this long; absent: it stays. */
  keepAliveSeconds: z.int().min(0).exactOptional(),
});

export const servedAnswerSchema = answerSchema.extend({
  /** `stopString` beside those of a column; `window` is the end of the parent's window. */
  stopReason: z.string(),
  stopString: z.string().exactOptional(),
  /** Tokens of a stream when the answer ended, and whether the answer needed more than there was. */
  contextSize: z.number(),
  grown: z.boolean(),
  /** Oldest messages (of a chat) or tokens (of a text) that were forgotten because the window was full. */
  forgottenMessages: z.number(),
  forgottenTokens: z.number(),
  /** Waiting for a stream, for memory, for loading. */
  waitedSeconds: z.number(),
});

export const servedStateSchema = z.object({
  parent: z.string(),
  /** The adapter that the context computes with, by the name that its last request gave it. */
  adapter: z.string().exactOptional(),
  ramBytes: z.number(),
  vramBytes: z.number(),
  /** Tokens of one stream. */
  contextSize: z.number(),
  contextWindow: z.number(),
  streams: z.number(),
  running: z.number(),
  waiting: z.number(),
  /** How often adapters were switched since it was loaded. */
  switches: z.number(),
  /** Another parent holds the same weights in memory. */
  sharesWeights: z.boolean(),
});

export type ServedParent = z.input<typeof servedParentSchema>;
export type ServedAnswer = z.infer<typeof servedAnswerSchema>;
export type ServedState = z.infer<typeof servedStateSchema>;
