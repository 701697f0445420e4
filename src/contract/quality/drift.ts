// The token drift view: a chunk's text token by token with how far the subject is from the reference there.
import { z } from 'zod';

export const driftTokenSchema = z.object({
  /** The token's bytes as text; several tokens may share one character, then all but the last are empty. */
  text: z.string(),
  /** KLD of the prediction of this token, in nats; absent for tokens that are only context. */
  kld: z.number().exactOptional(),
  /** Probability of this token by the reference and by the subject. */
  pBase: z.number().exactOptional(),
  p: z.number().exactOptional(),
  sameTop: z.boolean().exactOptional(),
});

export const driftChunkSchema = z.object({
  subject: z.string(),
  text: z.string(),
  chunk: z.number(),
  chunks: z.number(),
  tokens: z.array(driftTokenSchema),
});

/** Both distributions at one position, most probable first (by the reference), computed again when asked. */
export const positionSchema = z.object({
  tokens: z.array(z.object({ text: z.string(), id: z.number(), pBase: z.number(), p: z.number() })),
  actual: z.object({ text: z.string(), id: z.number() }),
});

export type DriftToken = z.infer<typeof driftTokenSchema>;
export type DriftChunk = z.infer<typeof driftChunkSchema>;
export type Position = z.infer<typeof positionSchema>;
