// What the factory host is asked to measure. Every finished chunk is kept, so that a cancelled or broken run goes on there.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { runSchema } from './run.ts';
import {
  qualityId,
  referenceRequestSchema,
  subjectRequestSchema,
  taskRequestSchema,
  textRequestSchema,
} from './subjects.ts';

export const evaluateParams = z.object({
  /** Where the run is written: `<folder>/<id>/run.json` and its token files. */
  folder: absolutePath,
  id: qualityId,
  title: z.string().max(300),
  reference: referenceRequestSchema,
  subjects: z.array(subjectRequestSchema).min(1).max(500),
  /** Texts, tasks, or both; one at least (`usage/invalid`). */
  texts: z.array(textRequestSchema).max(100),
  /** Asked of every subject and of the reference. */
  tasks: z.array(taskRequestSchema).max(100).default([]),
  /** Tokens after which an answer to a task is cut. */
  maximumTokens: z.int().min(1).max(100_000).default(64),
  /** Texts that something here was calibrated on: a shared line refuses the run (`evaluation/overlap`). */
  calibrationTexts: z.array(absolutePath).max(10_000).default([]),
  contextSize: z.int().min(16).max(1_048_576).default(512),
  /** Per text, from its start; all of it when absent. */
  chunks: z.int().min(1).exactOptional(),
  mode: z.enum(['reference', 'full']).default('reference'),
  threads: threadCount.exactOptional(),
  gpuLayers: z.int().min(0).default(0),
  /** Measure again what the store has. */
  fresh: z.boolean().default(false),
  /** Also the rounding error of every tensor against the reference (reads both files whole). */
  tensorErrors: z.boolean().default(false),
});

export const evaluateResult = z.object({ path: z.string(), run: runSchema, seconds: z.number() });

export const driftParams = z.object({
  runFolder: absolutePath,
  subject: z.string(),
  text: z.string(),
  chunk: z.int().min(0),
});
export const positionParams = driftParams.extend({
  /** Index of the token in the chunk whose prediction is asked for. */
  token: z.int().min(1),
  threads: threadCount.exactOptional(),
});

export type EvaluateParams = z.infer<typeof evaluateParams>;
export type EvaluateResult = z.infer<typeof evaluateResult>;
