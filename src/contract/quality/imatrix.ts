// Collecting an importance matrix: what the factory host is asked, and what it found.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { referenceRequestSchema, textRequestSchema } from './subjects.ts';

export const imatrixParams = z.object({
  /** Not needed where matrices are only added together. */
  model: referenceRequestSchema.exactOptional(),
  texts: z.array(textRequestSchema).max(1_000),
  /** Matrices that are added in (`--in-file`). */
  inputs: z.array(absolutePath).max(1_000).default([]),
  output: absolutePath,
  overwrite: z.boolean().default(false),
  contextSize: z.int().min(16).max(1_048_576).default(512),
  /** Per text, from its start; all of it when absent. */
  chunks: z.int().min(1).exactOptional(),
  /** Tokens per llama_decode call (`-b`): several chunks side by side where it is larger than one. */
  batchSize: z.int().min(16).max(1_048_576).default(2048),
  /** Tokens that are computed at once (`-ub`). */
  microBatchSize: z.int().min(16).max(1_048_576).default(512),
  /** The unfinished matrix is kept every so many chunks, so that a broken run goes on there. */
  outputFrequency: z.int().min(1).max(1_000_000).default(10),
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
  /** Columns whose activations were always zero, of matrices that were used. */
  zeroColumns: z.number(),
  /** Experts that never were used. */
  unusedMatrices: z.number(),
  /** Σ of mean squared activations over columns; the next four are theirs, too. */
  total: z.number(),
  mean: z.number(),
  standardDeviation: z.number(),
  minimum: z.number(),
  maximum: z.number(),
  /** -Σ p log2 p of the columns' shares, over log2 of their number: 1 is even. */
  entropy: z.number(),
  /** Share of columns above llama-imatrix's threshold, 1e-5. */
  active: z.number(),
  /** Share of columns more than one standard deviation above the mean (llama-imatrix's ZD). */
  aboveDeviation: z.number(),
  /** Cosine to the same tensor one layer before; absent where there is none. */
  previousCosine: z.number().exactOptional(),
});

export const imatrixResult = z.object({
  path: z.string(),
  format: z.enum(['gguf', 'legacy']),
  bytes: z.number(),
  sha256: z.string(),
  chunks: z.number(),
  /** Tokens of a chunk; 0 where the file does not say. */
  contextSize: z.number(),
  datasets: z.array(z.string()),
  tensors: z.array(imatrixTensorSchema),
  notices: z.array(z.string()),
  seconds: z.number(),
});

export type ImatrixParams = z.infer<typeof imatrixParams>;
export type ImatrixTensor = z.infer<typeof imatrixTensorSchema>;
export type ImatrixResult = z.infer<typeof imatrixResult>;
