// What may be asked of the engine host: chats of one model with a history of their own (the command line), and columns side
// by side whose history the caller keeps (the window).
import { z } from 'zod';
import type { Contract } from './contract.ts';
import {
  answerSchema,
  columnOptionsSchema,
  columnStateSchema,
  firstDifferenceSchema,
  loadedColumnSchema,
  messageSchema,
} from './column.ts';
import { absolutePath, threadCount } from './outputs.ts';
import { samplingSchema } from './sampling.ts';
import { servedAnswerSchema, servedParentSchema, servedStateSchema } from './serving.ts';
import { stageEventSchema } from './stage-event-schema.ts';

const event = stageEventSchema;

const columnName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const columnEvent = z.object({ event: z.literal('state'), state: columnStateSchema });

/** A piece of an answer, as it is generated. */
const textEvent = z.object({ event: z.literal('text'), text: z.string() });

const adapterChoice = z.union([
  /** A GGUF LoRA. */
  z.object({ path: absolutePath, scale: z.number() }),
  /** An adapter inside the model's bundle, with its packed scale times this one. */
  z.object({ bundled: z.string(), scale: z.number() }),
]);

export const engineContract = {
  /** Loads a model and opens a chat over it. */
  openChat: {
    params: z.object({
      path: absolutePath,
      adapters: z.array(adapterChoice).default([]),
      systemPrompt: z.string().exactOptional(),
      /** Tokens; the build's own window when absent, never above the trained one. */
      contextSize: z.int().min(16).exactOptional(),
      threads: threadCount.exactOptional(),
      /** Layers on GPUs: as many as fit, none, or this many. */
      gpuLayers: z.union([z.literal('auto'), z.int().min(0)]).default('auto'),
      /** Continue the text instead of answering in the model's chat template. */
      raw: z.boolean().default(false),
    }),
    result: z.object({
      chat: z.int(),
      model: z.string(),
      contextSize: z.number(),
      threads: z.number(),
      /** `false` or the back end: `cuda`, `vulkan`, `metal`. */
      gpu: z.union([z.literal(false), z.string()]),
      gpuLayers: z.number(),
      template: z.string(),
      adapters: z.array(z.string()),
      /** Adapters inside the file that can be chosen by name. */
      bundledAdapters: z.array(z.string()),
      seconds: z.number(),
    }),
    event,
  },
  /** One turn; the answer streams as `text` events. */
  say: {
    params: z.object({ chat: z.int(), text: z.string(), sampling: samplingSchema.default({}) }),
    result: z.object({
      text: z.string(),
      tokens: z.number(),
      stopReason: z.string(),
      seed: z.number(),
      /** Until the first piece of text; null when there was none. */
      firstTokenSeconds: z.number().nullable(),
      seconds: z.number(),
    }),
    event: textEvent,
  },
  /** Changes the adapters of a chat; its history is forgotten. */
  setAdapters: {
    params: z.object({ chat: z.int(), adapters: z.array(adapterChoice) }),
    result: z.object({ adapters: z.array(z.string()) }),
    event,
  },
  /** Forgets the history of a chat. */
  resetChat: { params: z.object({ chat: z.int() }), result: z.null(), event },
  closeChat: { params: z.object({ chat: z.int() }), result: z.null(), event },

  /** Loads a model into a column, or changes what the column holds. Waits when memory does not hold it yet. */
  loadColumn: {
    params: columnOptionsSchema.extend({
      column: columnName,
      path: absolutePath,
      adapters: z.array(adapterChoice).default([]),
    }),
    result: loadedColumnSchema,
    event: z.union([event, columnEvent]),
  },
  /** One answer to a whole conversation; a column that was unloaded to make room is loaded again first. */
  generate: {
    params: z.object({
      column: columnName,
      messages: z.array(messageSchema).min(1).max(20_000),
      sampling: samplingSchema.default({}),
    }),
    result: answerSchema,
    event: z.union([
      z.object({ event: z.literal('text'), text: z.string(), tokens: z.number() }),
      columnEvent,
    ]),
  },
  findFirstDifference: {
    params: z.object({ columns: z.tuple([columnName, columnName]) }),
    result: firstDifferenceSchema,
    event,
  },
  /** Loads a served parent, unless it is loaded; `warmUp` computes one token with it. */
  openParent: {
    params: z.object({
      served: servedParentSchema,
      /** Adapters whose files are read now instead of with their first request. */
      adapters: z.array(adapterChoice).max(4096).default([]),
      warmUp: z.boolean().default(false),
    }),
    result: servedStateSchema,
    event,
  },
  /**
   * One answer of a served parent, which is loaded first when it is not. Answers of one adapter are computed together,
   * those of others take turns; cancelling ends the computing and throws.
   */
  completeServed: {
    params: z.object({
      served: servedParentSchema,
      adapters: z.array(adapterChoice).max(16).default([]),
      /** How the adapters are called in states. */
      adapter: z.string().exactOptional(),
      input: z.union([
        z.object({ messages: z.array(messageSchema).min(1).max(20_000) }),
        /** Continued without a chat template. */
        z.object({ prompt: z.string().max(10_000_000) }),
      ]),
      sampling: samplingSchema.default({}),
      /** Texts that end the answer; they are not part of it. */
      stop: z.array(z.string().min(1).max(1000)).max(16).default([]),
      /** Requests of one conversation find their cache again. */
      conversation: z.string().max(200).exactOptional(),
    }),
    result: servedAnswerSchema,
    event: z.union([
      event,
      z.object({ event: z.literal('text'), text: z.string(), tokens: z.number() }),
    ]),
  },
  /**
   * Texts to vectors of length 1: by an embedding model, or the mean of a causal model's last hidden states. Throws
   * `chat/too-long` for a text beyond the model's window, unless it may be cut.
   */
  embed: {
    params: z.object({
      served: servedParentSchema,
      texts: z.array(z.string().max(1_000_000)).min(1).max(10_000),
      cut: z.boolean().default(false),
    }),
    result: z.object({ vectors: z.array(z.array(z.number())), tokens: z.number() }),
    event,
  },
  /** Ends its answers and frees it. */
  closeParent: { params: z.object({ parent: z.string() }), result: z.null(), event },
  describeServed: { params: z.object({}), result: z.array(servedStateSchema), event },
  unloadColumn: { params: z.object({ column: columnName }), result: z.null(), event },
  /** Memory of the devices as the loaded back end sees it; loads nothing. */
  measureMemory: {
    params: z.object({}),
    result: z.object({
      gpu: z.union([z.literal(false), z.string()]).exactOptional(),
      devices: z.array(
        z.object({ name: z.string(), freeBytes: z.number(), totalBytes: z.number() }),
      ),
    }),
    event,
  },
} as const satisfies Contract;

export type EngineContract = typeof engineContract;
export type AdapterChoice = z.infer<typeof adapterChoice>;
