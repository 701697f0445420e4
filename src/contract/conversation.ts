// A conversation of the chat screen as the workspace keeps it: columns side by side, the turns of each, and the votes.
import { z } from 'zod';
import { firstDifferenceSchema } from './column.ts';
import { samplingSchema } from './sampling.ts';

const identifier = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const text = z.string().max(10_000_000);

export const columnModelSchema = z.object({
  /** As written into files of the workspace: relative when inside it. */
  path: z.string(),
  /** What lists and votes call it: `seedling-4m-healthcare-Q4_K_M`. */
  name: z.string(),
  level: z.string().exactOptional(),
  adapters: z.array(
    z.union([
      z.object({ path: z.string(), name: z.string(), scale: z.number() }),
      z.object({ bundled: z.string(), scale: z.number() }),
    ]),
  ),
});

export const turnSchema = z.object({
  role: z.enum(['user', 'assistant']),
  text,
  /** Measured while the answer was made. */
  measured: z
    .object({
      tokens: z.number(),
      firstTokenSeconds: z.number().nullable(),
      tokensPerSecond: z.number().nullable(),
      stopReason: z.string(),
      seed: z.number(),
      windowUsed: z.number(),
      windowSize: z.number(),
    })
    .exactOptional(),
  /** The answer broke off: what failed. What had come until then is kept in `text`. */
  problem: z
    .object({ code: z.string().max(100), message: text, hint: text.exactOptional() })
    .exactOptional(),
  /** Where this answer first differs from the first column's, as found when both were complete. */
  difference: firstDifferenceSchema.exactOptional(),
});

export const conversationSchema = z.object({
  version: z.literal(1),
  id: identifier,
  title: z.string().max(500),
  createdAt: z.number(),
  changedAt: z.number(),
  systemPrompt: z.string().max(100_000),
  sampling: samplingSchema,
  /** Tokens of every column's window; absent: the model's own. */
  contextSize: z.int().min(16).exactOptional(),
  columns: z
    .array(
      z.object({
        id: identifier,
        model: columnModelSchema.nullable(),
        /** The column's own window, instead of the conversation's. */
        contextSize: z.int().min(16).exactOptional(),
        /** The column's own choice, instead of the settings'. */
        gpuLayers: z.union([z.literal('auto'), z.int().min(0)]).exactOptional(),
        turns: z.array(turnSchema).max(20_000),
      }),
    )
    .max(16),
  votes: z.array(
    z.object({
      time: z.number(),
      prompt: text,
      /** Names of the columns' models in the order shown; the winner's index, or null for a tie. */
      candidates: z.array(z.string()),
      winner: z.int().nullable(),
    }),
  ),
});

/** Line of the list of conversations. */
export const conversationSummarySchema = z.object({
  id: identifier,
  title: z.string(),
  changedAt: z.number(),
  turns: z.number(),
  models: z.array(z.string()),
  /** Why the file cannot be opened; it can still be deleted. */
  problem: z.string().exactOptional(),
});

/** Votes over all conversations of the workspace, by model name. */
export const tallySchema = z.array(
  z.object({ model: z.string(), wins: z.number(), ties: z.number(), losses: z.number() }),
);

export type Conversation = z.infer<typeof conversationSchema>;
export type ConversationSummary = z.infer<typeof conversationSummarySchema>;
export type ColumnModel = z.infer<typeof columnModelSchema>;
export type Turn = z.infer<typeof turnSchema>;
export type Tally = z.infer<typeof tallySchema>;
