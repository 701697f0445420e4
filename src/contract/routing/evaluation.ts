// Routing sets (prompts with the route that they belong to) and what measuring a router on one gives.
import { z } from 'zod';
import { emotionLabels } from './manifest.ts';

const prompt = z.string().min(1).max(20_000);

/** configs/routing/*.json: prompts that a person wrote; `train` ones become examples, `test` ones are never trained on. */
export const routingSetSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  note: z.string().optional(),
  routes: z
    .record(
      z.string(),
      z.strictObject({
        train: z.array(prompt),
        keywords: z.array(z.string().min(1).max(200)).optional(),
        /** For thresholds; without it every fifth training prompt of a stable order. */
        calibration: z.array(prompt).optional(),
        test: z.array(prompt),
      }),
    )
    .describe('By route id.'),
  offTopic: z
    .strictObject({
      /** Examples of none of these. */
      train: z.array(prompt).optional(),
      calibration: z.array(prompt).optional(),
      test: z.array(prompt),
    })
    .describe('Prompts that belong to no route.'),
});

/** configs/routing/emotions.json: sentences by the emotion that a reader sees; none is ever tuned on. */
export const emotionSetSchema = z.strictObject({
  version: z.literal(1),
  note: z.string().optional(),
  emotions: z.record(z.enum(emotionLabels), z.array(prompt).min(1)),
});

/** configs/routing/intents.json: requests for two things, and requests for one that look like two. */
export const intentSetSchema = z.strictObject({
  version: z.literal(1),
  note: z.string().optional(),
  two: z.array(z.strictObject({ text: prompt, routes: z.tuple([z.string(), z.string()]) })),
  one: z.array(z.strictObject({ text: prompt, route: z.string() })),
});

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

export const judgedPromptSchema = z.object({
  text: z.string(),
  /** null: none of these. */
  expected: z.string().nullable(),
  decided: z.string().nullable(),
  score: z.number(),
});

export const routingEvaluationSchema = z.object({
  classifier: z.enum(['lexical', 'embedding', 'cascade']),
  /** Routes in the order of the matrix; the last row and column are "none of these". */
  routes: z.array(z.string()),
  /** Row: expected; column: decided. */
  confusion: z.array(z.array(z.number())),
  /** Share of the prompts of routes that went to the right one, an abstention being wrong; 95 % Wilson interval. */
  accuracy: interval,
  /** Of those that any route took. */
  accuracyWhenRouted: interval,
  macroF1: z.number(),
  /** Share of off-topic prompts that no route took. */
  offTopicAbstained: interval,
  perRoute: z.array(
    z.object({
      route: z.string(),
      precision: z.number(),
      recall: z.number(),
      f1: z.number(),
      threshold: z.number(),
      train: z.number(),
      test: z.number(),
    }),
  ),
  /** At a threshold for all routes: share of route prompts taken, and accuracy among them. */
  coverage: z.array(
    z.object({
      threshold: z.number(),
      coverage: z.number(),
      accuracy: z.number(),
      offTopicAbstained: z.number(),
    }),
  ),
  /** Scores against how often they were right, in bins; expected calibration error. */
  calibration: z.object({
    error: z.number(),
    bins: z.array(z.object({ score: z.number(), right: z.number(), count: z.number() })),
  }),
  latency: z.object({ p50: z.number(), p95: z.number(), count: z.number() }),
  prompts: z.array(judgedPromptSchema),
});

export type RoutingSet = z.output<typeof routingSetSchema>;
export type RoutingEvaluation = z.infer<typeof routingEvaluationSchema>;
export type JudgedPrompt = z.infer<typeof judgedPromptSchema>;
export type EmotionSet = z.output<typeof emotionSetSchema>;
export type IntentSet = z.output<typeof intentSetSchema>;
