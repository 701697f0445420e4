// A run: everything that was measured together, with its conditions, in one file that is kept in the workspace
// (`measurements/<id>/run.json`), shown by the Compare screen, and turned into reports.
import { z } from 'zod';
import { allocationOfRunSchema } from './allocate.ts';
import { measurementSchema, speedSchema, taskResultSchema } from './measurements.ts';
import { measuredTextSchema, qualityId, subjectSchema } from './subjects.ts';

export const runVersion = 1;

export const conditionsSchema = z.object({
  /** llama-perplexity's `-c`. */
  contextSize: z.number(),
  /** llama.cpp's release: `0.5.0`. */
  llamaRelease: z.string(),
  /** `CPU`, `CUDA`, `Vulkan`, and the CPU variant's library name. */
  backend: z.string(),
  cpuVariant: z.string(),
  gpuLayers: z.number(),
  threads: z.number(),
  machine: z.string(),
  /** `reference`: against the kept small reference; `full`: both models side by side. */
  mode: z.enum(['reference', 'full']),
  /** The reference's size and its share of llama.cpp's logits file for the same positions; only in mode `reference`. */
  referenceBytes: z.number().exactOptional(),
  referenceShare: z.number().exactOptional(),
  /** Entries per position: the top ones exactly, the rest sampled. */
  topTokens: z.number().exactOptional(),
  sampledTokens: z.number().exactOptional(),
});

/** A cell of the adapter × level matrix: both ways to ship an adapter at a level, against unquantized base + adapter. */
export const matrixCellSchema = z.object({
  adapter: z.string(),
  domain: z.string().exactOptional(),
  level: z.string(),
  /** Measurement keys `subject` of the run, on the adapter's own text and on general text. */
  runTimeSubject: z.string(),
  mergedSubject: z.string(),
  ownText: z.string(),
  generalText: z.string(),
  /** ⟨Q(W+ΔW) − Q(W), ΔW⟩ / ‖ΔW‖² over all tensors, and per tensor: 1 is kept, 0 is lost. */
  retention: z.number(),
  /** Of the quantized weights' change with ΔW: 1 when nothing but the change came out, less the more noise came with it. */
  cosine: z.number().exactOptional(),
  retentionPerTensor: z.array(z.object({ tensor: z.string(), retention: z.number() })),
  /** What to ship for this adapter at this level, and why, in one sentence. */
  ship: z.enum(['run-time', 'merged', 'either']),
  reason: z.string(),
});

/** Types and rounding errors of a subject's tensors, for the map of layers and kinds. */
export const tensorErrorsSchema = z.object({
  subject: z.string(),
  tensors: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      weights: z.number(),
      bytes: z.number(),
      /** ‖Ŵ − W‖² / ‖W‖² against the reference's tensor; absent where it was not computed. */
      relativeError: z.number().exactOptional(),
    }),
  ),
});

export const runSchema = z.object({
  version: z.literal(runVersion),
  id: qualityId,
  title: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  conditions: conditionsSchema,
  /** Its `id` is `reference`; a second one per adapter mix where subjects are compared with other references. */
  references: z.array(subjectSchema).min(1),
  /** Which reference each subject was compared with. */
  referenceOf: z.record(z.string(), z.string()),
  subjects: z.array(subjectSchema),
  texts: z.array(measuredTextSchema),
  measurements: z.array(measurementSchema),
  speed: z.array(speedSchema),
  tasks: z.array(taskResultSchema),
  tensors: z.array(tensorErrorsSchema),
  matrix: z.array(matrixCellSchema),
  /** Of a run that is the proof of a hybrid. */
  allocation: allocationOfRunSchema.exactOptional(),
  notices: z.array(z.string()),
});

export const runSummarySchema = z.object({
  id: qualityId,
  title: z.string(),
  createdAt: z.number(),
  base: z.string(),
  subjects: z.number(),
  texts: z.array(z.string()),
  /** Why the file cannot be read. */
  problem: z.string().exactOptional(),
});

export type Conditions = z.infer<typeof conditionsSchema>;
export type MatrixCell = z.infer<typeof matrixCellSchema>;
export type TensorErrors = z.infer<typeof tensorErrorsSchema>;
export type Run = z.infer<typeof runSchema>;
export type RunSummary = z.infer<typeof runSummarySchema>;
