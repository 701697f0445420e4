// What may be asked of the factory host: plain parameters (absolute paths, options), a stream of StageEvents, a plain
// result. The command line, the TypeScript API and later the window derive their calls from this file.
import { z } from 'zod';
import { buildPlanSchema } from './build-plan.ts';
import { adapterFitSchema, libraryItemSchema } from './library.ts';
import { buildParamsSchema, buildResultSchema } from './build.ts';
import { inspectionSchema } from './inspection.ts';
import { machineSchema } from './machine.ts';
import {
  behaviourParams,
  behaviourSchema,
  diagnoseParams,
  diagnosisEventSchema,
  diagnosisSchema,
} from './doctor/diagnosis.ts';
import {
  applyRepairParams,
  repairParams,
  repairPlanSchema,
  repairReportSchema,
} from './doctor/repair.ts';
import { levelSchema } from './levels.ts';
import {
  absolutePath,
  convertLoraParams,
  convertParams,
  mergeParams,
  quantizeParams,
  threadCount,
  writtenSchema,
} from './outputs.ts';
import { allocateParams, allocateResult } from './quality/allocate.ts';
import { driftChunkSchema, positionSchema } from './quality/drift.ts';
import { driftParams, evaluateParams, evaluateResult, positionParams } from './quality/evaluate.ts';
import { imatrixParams, imatrixResult } from './quality/imatrix.ts';
import { matrixParams } from './quality/matrix.ts';
import {
  benchSpeedParams,
  benchSpeedResult,
  runTasksParams,
  runTasksResult,
} from './quality/speed.ts';
import { sizesSchema } from './sizes.ts';
import { validationReportSchema } from './validation.ts';
import { stageEventSchema } from './stage-event-schema.ts';
import type { Contract } from './contract.ts';

const event = stageEventSchema;
export const factoryContract = {
  /** What this machine has. */
  describeMachine: { params: z.object({}), result: machineSchema, event },
  /** Reads headers; any file or folder that the factory knows. */
  inspect: { params: z.object({ path: absolutePath }), result: inspectionSchema, event },
  /** Exact sizes of a model's levels; reads no weights. */
  sizes: {
    params: z.object({ path: absolutePath, levels: z.array(levelSchema).exactOptional() }),
    result: sizesSchema,
    event,
  },
  convert: { params: convertParams, result: writtenSchema, event },
  convertLora: { params: convertLoraParams, result: writtenSchema, event },
  /**
   * What of a base decides the file that `convertLora` makes for it, as a hash: the same for all levels of a model.
   * Reads headers only.
   */
  describeAdapterBase: {
    params: z.object({ base: absolutePath }),
    result: z.object({ architecture: z.string(), basis: z.string() }),
    event,
  },
  merge: { params: mergeParams, result: writtenSchema, event },
  quantize: { params: quantizeParams, result: writtenSchema, event },
  /** A recipe to its files; the same function for every front. */
  build: { params: buildParamsSchema, result: buildResultSchema, event },
  /** What `build` would do: sizes, what is there already, what it needs. Writes nothing. */
  planBuild: {
    params: buildParamsSchema.pick({ recipe: true, label: true, folder: true }),
    result: buildPlanSchema,
    event,
  },
  /** Models, adapters and imatrix files below folders, streamed as they are found. Reads headers only. */
  scanModels: {
    params: z.object({
      folders: z.array(absolutePath).max(500),
      /** How deep; a model folder of a person is rarely deeper than a Hugging Face cache (6). */
      depth: z.int().min(0).max(12).default(6),
    }),
    result: z.object({ found: z.number(), notRead: z.array(z.string()) }),
    event: z.object({ event: z.literal('item'), item: libraryItemSchema }),
  },
  /** The headline of one file or folder. */
  describeModel: { params: z.object({ path: absolutePath }), result: libraryItemSchema, event },
  /** Which adapters fit a base, and why not. Reads headers only. */
  checkAdapters: {
    params: z.object({ base: absolutePath, adapters: z.array(absolutePath).max(1000) }),
    result: z.array(adapterFitSchema),
    event,
  },
  /** A model's chat template, rendered over a sample conversation. */
  renderChatTemplate: {
    params: z.object({ path: absolutePath }),
    result: z.object({
      template: z.string(),
      rendered: z.string().exactOptional(),
      problem: z.string().exactOptional(),
    }),
    event,
  },
  validate: {
    params: z.object({
      path: absolutePath,
      depth: z.enum(['structure', 'full']).default('full'),
      threads: threadCount.exactOptional(),
    }),
    result: validationReportSchema,
    event,
  },

  // Doctor
  /** What is wrong with a file, without loading it; findings are told as they are made. */
  diagnose: { params: diagnoseParams, result: diagnosisSchema, event: diagnosisEventSchema },
  /**
   * Loads a model and asks it; its findings join those of `diagnose`. A damaged file may end the host: then the caller says
   * `behaviour/crash`.
   */
  probeBehaviour: { params: behaviourParams, result: behaviourSchema, event },

  /** What would be done to a damaged file, from its diagnosis and the sources that are found. Writes nothing. */
  planRepair: { params: repairParams, result: repairPlanSchema, event },
  /** Takes steps of a plan: writes the repaired file beside the damaged one, diagnosed again, and a report. */
  repair: { params: applyRepairParams, result: repairReportSchema, event },

  // Quality
  /** Subjects on texts against their unquantized model; llama-perplexity's protocol. Writes a run. */
  evaluate: { params: evaluateParams, result: evaluateResult, event },
  /** A chunk's tokens with their KLD, from a run's own files. */
  readDrift: { params: driftParams, result: driftChunkSchema, event },
  /** Both models' predictions before one token, computed again. */
  readPosition: { params: positionParams, result: positionSchema, event },
  /** Adapters × levels, at run time and merged, against the unquantized base with the adapter. Writes a run. */
  measureMatrix: { params: matrixParams, result: evaluateResult, event },
  /** llama-bench's tests, and peak memory; each file in a process of its own. */
  benchSpeed: { params: benchSpeedParams, result: benchSpeedResult, event },
  /** Questions with exact answers, greedily, in each model's own chat template. */
  runTasks: { params: runTasksParams, result: runTasksResult, event },
  /** llama-imatrix. Writes the matrix; a run that broke goes on where it was. */
  collectImatrix: { params: imatrixParams, result: imatrixResult, event },
  /** What a matrix of either form holds. */
  describeImatrix: {
    params: z.object({ path: absolutePath }),
    result: imatrixResult.omit({ seconds: true }),
    event,
  },
  /** Types chosen tensor by tensor under a budget, proven against the stock level; writes whichever is better. */
  allocate: { params: allocateParams, result: allocateResult, event },
} as const satisfies Contract;

export type FactoryContract = typeof factoryContract;
