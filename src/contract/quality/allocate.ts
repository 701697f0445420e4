// Hybrid quantization: types chosen tensor by tensor under a budget, and how they held up against the stock level.
import { z } from 'zod';
import { ggmlTypeSchema, levelSchema } from '../levels.ts';
import { absolutePath, threadCount } from '../outputs.ts';
import { comparisonSchema } from './ranking.ts';
import { estimateSchema } from './measurements.ts';
import { referenceRequestSchema, textRequestSchema } from './subjects.ts';

export const budgetSchema = z.discriminatedUnion('kind', [
  /** The file may have this many bytes. */
  z.object({ kind: z.literal('bytes'), bytes: z.number().positive() }),
  /** The exact size of a stock level. */
  z.object({ kind: z.literal('level'), level: levelSchema }),
  /** The smallest file whose mean KLD stays below. */
  z.object({ kind: z.literal('kld'), kld: z.number().positive() }),
]);

export const allocateParams = z.object({
  source: referenceRequestSchema.pick({ path: true }),
  budget: budgetSchema,
  /** `fast`: types that CPUs are quick with; `smallest`: all; `attention-high`: attention kept a class above feed-forward. */
  profile: z.enum(['fast', 'smallest', 'attention-high']).default('fast'),
  imatrix: absolutePath.exactOptional(),
  /** What the matrix was made from: none of it may be in the other texts. */
  imatrixTexts: z.array(absolutePath).max(10_000).default([]),
  /** Probes and the search read these; never those of `texts`. */
  probeTexts: z.array(textRequestSchema).min(1),
  /** Held out, for the proof against the stock level. */
  texts: z.array(textRequestSchema).min(1),
  contextSize: z.int().min(16).default(512),
  probeChunks: z.int().min(1).default(16),
  chunks: z.int().min(1).exactOptional(),
  /** Without probes, published priors weigh the groups of tensors. */
  probe: z.boolean().default(true),
  /** Then so many changes are tried and judged by their measured KLD on the probe texts. */
  moves: z.int().min(0).max(10_000).default(0),
  output: absolutePath,
  /** The output's types in the form of llama-quantize's --tensor-type-file. */
  tensorTypeFile: absolutePath.exactOptional(),
  overwrite: z.boolean().default(false),
  threads: threadCount.exactOptional(),
});

export const allocationSchema = z.object({
  tensors: z.array(
    z.object({ name: z.string(), type: ggmlTypeSchema, bytes: z.number(), damage: z.number() }),
  ),
  bytes: z.number(),
  predictedKld: z.number(),
  /** Sensitivity per group: KLD per unit of local error, and the probe's own KLD where one was made. */
  groups: z.array(
    z.object({
      group: z.string(),
      tensors: z.number(),
      sensitivity: z.number(),
      probeKld: z.number().exactOptional(),
    }),
  ),
});

export const allocateResult = z.object({
  allocation: allocationSchema,
  /** The stock level of the same size. */
  stock: z.object({ level: z.string(), bytes: z.number(), kld: estimateSchema }),
  hybrid: z.object({ bytes: z.number(), kld: estimateSchema }),
  comparison: comparisonSchema,
  /** What was written to the output: the stock level is kept when it wins or nothing can be told. */
  kept: z.enum(['hybrid', 'stock']),
  reason: z.string(),
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Where it was asked for. */
  tensorTypeFile: z.string().exactOptional(),
  /** Changes that were tried, and that were better. */
  moves: z.object({ tried: z.number(), kept: z.number() }),
  notices: z.array(z.string()),
  seconds: z.number(),
});

export type Budget = z.infer<typeof budgetSchema>;
export type AllocateParams = z.infer<typeof allocateParams>;
export type Allocation = z.infer<typeof allocationSchema>;
export type AllocateResult = z.infer<typeof allocateResult>;
