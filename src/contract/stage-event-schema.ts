// StageEvent as a schema, for the processes that receive events. In sync with stage-events.ts by the compiler.
import { z } from 'zod';
import { measuredNodeSchema } from './measured-node.ts';
import type { StageEvent } from './stage-events.ts';

export const stageEventSchema: z.ZodType<StageEvent> = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('phase'),
    phase: z.string(),
    detail: z.string().exactOptional(),
  }),
  z.object({
    event: z.literal('progress'),
    done: z.number().nonnegative(),
    total: z.number().nonnegative(),
    unit: z.enum(['bytes', 'tensors', 'steps']),
    detail: z.string().exactOptional(),
    effort: z
      .object({ done: z.number().nonnegative(), total: z.number().nonnegative() })
      .exactOptional(),
  }),
  z.object({
    event: z.literal('notice'),
    level: z.enum(['info', 'warning']),
    message: z.string(),
  }),
  z.object({
    event: z.literal('step'),
    node: z.string(),
    level: z.string().exactOptional(),
    state: z.enum(['waiting', 'running', 'done', 'reused', 'failed']),
    done: z.number().nonnegative().exactOptional(),
    total: z.number().nonnegative().exactOptional(),
    measured: measuredNodeSchema.exactOptional(),
  }),
  z.object({
    event: z.literal('log'),
    level: z.enum(['debug', 'info', 'warning', 'error']),
    text: z.string(),
  }),
  z.object({
    event: z.literal('artifact'),
    path: z.string(),
    bytes: z.number().nonnegative(),
    sha256: z.string().exactOptional(),
    reused: z.boolean().exactOptional(),
  }),
]);
