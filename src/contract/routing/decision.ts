// What a router decided about one text, and why: the same object in the terminal, the server's answers, traces and the window.
import { z } from 'zod';
import { emotionLabels } from './manifest.ts';

/** A reason, in the order of its weight. */
export const reasonSchema = z.discriminatedUnion('kind', [
  /** An example of the route that the text is like; similarity 0 to 1. */
  z.object({
    kind: z.literal('example'),
    route: z.string(),
    text: z.string(),
    similarity: z.number(),
  }),
  /** Words and keywords of the text that speak for a route; weight is their share of its score. */
  z.object({
    kind: z.literal('words'),
    route: z.string(),
    words: z.array(z.object({ word: z.string(), weight: z.number() })),
  }),
  /** A rule that decided: below the threshold, the conversation stays, the route was asked for by name. */
  z.object({ kind: z.literal('rule'), message: z.string(), route: z.string().exactOptional() }),
]);

/** What the emotional context step saw and changed. */
export const emotionalContextSchema = z.object({
  label: z.enum(emotionLabels),
  /** Share of the evidence that speaks for the label, 0 to 1; 0 without any. */
  confidence: z.number(),
  /** `lexicon`, or the file of the companion model. */
  source: z.string(),
  words: z.array(z.string()),
  /** What the tone of the route made of it; absent when nothing was changed. */
  changed: z
    .object({
      systemPrompt: z.string().exactOptional(),
      sampling: z.record(z.string(), z.number()).exactOptional(),
    })
    .exactOptional(),
});

export const decisionSchema = z.object({
  /** The route that takes the text; null: none of these, the fallback answers. */
  route: z.string().nullable(),
  /** What answers: the route's parent and adapter, or the fallback's. */
  target: z.object({ parent: z.string(), adapter: z.string().exactOptional() }),
  /** Every route's score, 0 to 1. */
  scores: z.record(z.string(), z.number()),
  /** What the deciding route had to reach. */
  threshold: z.number(),
  why: z.array(reasonSchema),
  /** Who decided. */
  by: z.enum(['lexical', 'embedding', 'sticky', 'address', 'person']),
  /** Other routes that reached their thresholds, best first: the text asks for several things. */
  intents: z.array(z.string()),
  emotion: emotionalContextSchema.exactOptional(),
  milliseconds: z.number(),
});

export type Decision = z.infer<typeof decisionSchema>;
export type Reason = z.infer<typeof reasonSchema>;
export type EmotionalContext = z.infer<typeof emotionalContextSchema>;
