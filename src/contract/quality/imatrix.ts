// Collecting an importance matrix: what the factory host is asked, and what it found.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { referenceRequestSchema, textRequestSchema } from './subjects.ts';

export const imatrixParams = z.object({
  model: referenceRequestSchema,
  texts: z.array(textRequestSchema).max(1_000),
  /** Matrices that are added in (`--in-file`). */
  inputs: z.array(absolutePath).max(1_000).default([]),
  output: absolutePath,
  overwrite: z.boolean().default(false),
  contextSize: z.int().min(16).max(1_048_576).default(512),
  chunks: z.int().min(1).exactOptional(),
  /** Also collect for `output.weight` (`--process-output`). */
  processOutput: z.boolean().default(false),
  /** Zero channels get this share of their row's mean (nothing is changed without it). */
  floor: z.number().gt(0).max(1).exactOptional(),
  threads: threadCount.exactOptional(),
  gpuLayers: z.int().min(0).default(0),
});

export const imatrixTensorSchema = z.object({
  name: z.string(),
  columns: z.number(),
  /** 1, or the number of experts. */
  matrices: z.number(),
  /** Tokens that were seen, all matrices together. */
  count: z.number(),
  /** Columns whose activations were always zero. */
  zeroColumns: z.number(),
  /** Experts that never were used. */
  unusedMatrices: z.number(),
  /** Of mean squared activations over columns. */
  mean: z.number(),
  standardDeviation: z.number(),
  minimum: z.number(),
  maximum: z.number(),
  /** -Σ p log2 p of the columns' shares, over log2 of their number: 1 is even. */
  entropy: z.number(),
});

export const imatrixResult = z.object({
  path: z.string(),
  sha256: z.string(),
  chunks: z.number(),
  contextSize: z.number(),
  datasets: z.array(z.string()),
  tensors: z.array(imatrixTensorSchema),
  notices: z.array(z.string()),
  seconds: z.number(),
});

export type ImatrixParams = z.infer<typeof imatrixParams>;
export type ImatrixTensor = z.infer<typeof imatrixTensorSchema>;
export type ImatrixResult = z.infer<typeof imatrixResult>;
