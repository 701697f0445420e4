// The Compare screen's part of the studio contract: suites and runs, with files as ids.
import { z } from 'zod';
import { levelSchema } from '../levels.ts';
import { driftChunkSchema, positionSchema } from '../quality/drift.ts';
import { budgetSchema, profileSchema } from '../quality/allocate.ts';
import { rankingSchema } from '../quality/ranking.ts';
import { runSchema, runSummarySchema } from '../quality/run.ts';
import { foundSuiteSchema } from '../quality/suites.ts';
import { qualityId, subjectForms } from '../quality/subjects.ts';
import { jobSchema } from '../jobs.ts';
import { fileIdSchema } from './files.ts';

const none = z.never();
const adapters = z
  .array(
    z.union([
      z.object({ file: fileIdSchema, scale: z.number() }),
      z.object({ bundled: z.string(), scale: z.number() }),
    ]),
  )
  .max(64)
  .default([]);

/** Options that every measurement shares. */
const measuring = {
  title: z.string().min(1).max(300),
  /** Ids of suites, and the user's own texts (files or folders). */
  suites: z.array(qualityId).max(100).default([]),
  texts: z.array(fileIdSchema).max(1_000).default([]),
  contextSize: z.int().min(16).max(1_048_576).default(512),
  chunks: z.int().min(1).exactOptional(),
};

export const qualityMethods = {
  listSuites: { params: z.object({}), result: z.array(foundSuiteSchema), event: none },
  /** Newest first. */
  listRuns: { params: z.object({}), result: z.array(runSummarySchema), event: none },
  readRun: {
    params: z.object({ id: qualityId }),
    result: z.object({ run: runSchema, ranking: rankingSchema }),
    event: none,
  },
  /** Moves the run's folder to the trash folder of the workspace's measurements; nothing else is touched. */
  removeRun: { params: z.object({ id: qualityId }), result: z.null(), event: none },
  startEvaluation: {
    params: z.object({
      ...measuring,
      reference: z.object({ file: fileIdSchema, adapters }),
      subjects: z
        .array(
          z.object({
            file: fileIdSchema,
            label: z.string().max(300).exactOptional(),
            form: z.enum(subjectForms).exactOptional(),
            adapters,
          }),
        )
        .min(1)
        .max(500),
      mode: z.enum(['reference', 'full']).default('reference'),
      speed: z.boolean().default(true),
      tensorErrors: z.boolean().default(true),
    }),
    result: jobSchema,
    event: none,
  },
  startMatrix: {
    params: z.object({
      ...measuring,
      base: fileIdSchema,
      adapters: z.array(fileIdSchema).min(1).max(200),
      levels: z.array(levelSchema).min(1),
      imatrix: fileIdSchema.exactOptional(),
      /** What it was made from. */
      imatrixTexts: z.array(fileIdSchema).max(1_000).default([]),
    }),
    result: jobSchema,
    event: none,
  },
  /**
   * `suites` and `texts` are held out for the proof; the search reads `probeSuites` and `probeTexts`. Where none of a kind is
   * named, built-in ones that share nothing with the others.
   */
  startAllocation: {
    params: z.object({
      ...measuring,
      source: fileIdSchema,
      budget: budgetSchema,
      profile: profileSchema.default('fast'),
      imatrix: fileIdSchema.exactOptional(),
      imatrixTexts: z.array(fileIdSchema).max(1_000).default([]),
      probeSuites: z.array(qualityId).max(100).default([]),
      probeTexts: z.array(fileIdSchema).max(1_000).default([]),
      probe: z.boolean().default(true),
      probeChunks: z.int().min(1).max(100_000).default(16),
      moves: z.int().min(0).max(10_000).default(0),
      tensorErrors: z.boolean().default(true),
      output: z.object({
        /** The workspace's `outputs` when absent. */
        folder: fileIdSchema.exactOptional(),
        name: z.string().min(1).max(200),
        overwrite: z.boolean().default(false),
      }),
    }),
    result: jobSchema,
    event: none,
  },
  readDrift: {
    params: z.object({
      id: qualityId,
      subject: z.string(),
      text: z.string(),
      chunk: z.int().min(0),
    }),
    result: driftChunkSchema,
    event: none,
  },
  /** Computes both models' predictions at one token again. */
  readPosition: {
    params: z.object({
      id: qualityId,
      subject: z.string(),
      text: z.string(),
      chunk: z.int().min(0),
      token: z.int().min(1),
    }),
    result: positionSchema,
    event: none,
  },
  makeReport: {
    params: z.object({ id: qualityId, format: z.enum(['html', 'markdown', 'json']) }),
    result: z.object({ suggestedName: z.string(), text: z.string() }),
    event: none,
  },
} as const;
