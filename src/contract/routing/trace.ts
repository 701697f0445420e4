// A line of a trace of decisions: what was asked, in which conversation, and what the router made of it. Written only where a
// user asked for it, and only on this machine.
import { z } from 'zod';
import { decisionSchema } from './decision.ts';

export const traceEntrySchema = z.object({
  /** ISO 8601. */
  time: z.string().max(100),
  text: z.string().max(1_000_000),
  /** The conversation's earlier turns, oldest first. */
  turns: z
    .array(z.object({ text: z.string().max(1_000_000), route: z.string().nullable() }))
    .max(10_000)
    .optional(),
  decision: decisionSchema,
});

export type TraceEntry = z.output<typeof traceEntrySchema>;
