// What may be asked of the factory host: plain parameters (absolute paths, options), a stream of StageEvents, a plain
// result. The command line, the TypeScript API and later the window derive their calls from this file.
import { z } from 'zod';
import { buildParamsSchema, buildResultSchema } from './build.ts';
import { inspectionSchema } from './inspection.ts';
import { machineSchema } from './machine.ts';
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
  merge: { params: mergeParams, result: writtenSchema, event },
  quantize: { params: quantizeParams, result: writtenSchema, event },
  /** A recipe to its files; the same function for every front. */
  build: { params: buildParamsSchema, result: buildResultSchema, event },
  validate: {
    params: z.object({
      path: absolutePath,
      depth: z.enum(['structure', 'full']).default('full'),
      threads: threadCount.exactOptional(),
    }),
    result: validationReportSchema,
    event,
  },
} as const satisfies Contract;

export type FactoryContract = typeof factoryContract;
