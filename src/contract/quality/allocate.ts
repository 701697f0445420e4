// Hybrid quantization: types chosen tensor by tensor under a budget, and how they held up against the stock level.
import { z } from 'zod';
import { ggmlTypeSchema, levelSchema } from '../levels.ts';
import { absolutePath, threadCount } from '../outputs.ts';
import { comparisonSchema } from './ranking.ts';
import { estimateSchema } from './measurements.ts';
import { qualityId, referenceRequestSchema, textRequestSchema } from './subjects.ts';

/** `fast`: types that CPUs are quick with; `smallest`: all; `attention-high`: attention kept a class above feed-forward. */
export const profileSchema = z.enum(['fast', 'smallest', 'attention-high']);

export const budgetSchema = z.discriminatedUnion('kind', [
  /** The file may have this many bytes. */
  z.object({ kind: z.literal('bytes'), bytes: z.number().positive() }),
  /** The exact size of a stock level. */
  z.object({ kind: z.literal('level'), level: levelSchema }),
  /** The smallest file whose mean KLD stays below. */
  z.object({ kind: z.literal('kld'), kld: z.number().positive() }),
]);

export const allocateParams = z.object({
  /** Where the proof is kept as a run: `<folder>/<id>/run.json` and its token files. */
  folder: absolutePath,
  id: qualityId,
  title: z.string().max(300),
  source: referenceRequestSchema.pick({ path: true }),
  budget: budgetSchema,
  profile: profileSchema.default('fast'),
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
  /** Also the rounding error of every tensor of both files (reads them and the source whole). */
  tensorErrors: z.boolean().default(false),
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

/** Changes that were tried, and that were better. */
export const movesSchema = z.object({ tried: z.number(), kept: z.number() });
/** What the output is: the stock level is kept when it wins or nothing can be told. */
export const keptSchema = z.enum(['hybrid', 'stock']);

/** What a run says about the allocation that it is the proof of. */
export const allocationOfRunSchema = allocationSchema.extend({
  budget: budgetSchema,
  profile: profileSchema,
  /** The run's subjects. */
  hybrid: z.string(),
  stock: z.string(),
  /** `hybrid` against `stock`. */
  comparison: comparisonSchema,
  kept: keptSchema,
  reason: z.string(),
  /** The file of whichever was kept. */
  output: absolutePath,
  /** Titles of the texts of the search. */
  probeTexts: z.array(z.string()),
  moves: movesSchema,
});

export const allocateResult = z.object({
  allocation: allocationSchema,
  /** The stock level of the same size. */
  stock: z.object({ level: z.string(), bytes: z.number(), kld: estimateSchema }),
  hybrid: z.object({ bytes: z.number(), kld: estimateSchema }),
  comparison: comparisonSchema,
  kept: keptSchema,
  reason: z.string(),
  path: z.string(),
  bytes: z.number(),
  bitsPerWeight: z.number(),
  sha256: z.string(),
  /** Where it was asked for. */
  tensorTypeFile: z.string().exactOptional(),
  moves: movesSchema,
  /** The proof, kept among the measured runs. */
  run: z.object({ id: z.string(), path: z.string() }),
  notices: z.array(z.string()),
  seconds: z.number(),
});

export type AllocationOfRun = z.infer<typeof allocationOfRunSchema>;
export type Budget = z.infer<typeof budgetSchema>;
export type AllocateParams = z.infer<typeof allocateParams>;
export type Allocation = z.infer<typeof allocationSchema>;
export type AllocateResult = z.infer<typeof allocateResult>;
