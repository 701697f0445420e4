// What may be asked of the factory host: plain parameters (absolute paths, options), a stream of StageEvents, a plain
// result. The command line, the TypeScript API and later the window derive their calls from this file.
import { z } from 'zod';
import { inspectionSchema } from './inspection.ts';
import { machineSchema } from './machine.ts';
import { levelSchema } from './levels.ts';
import { sizesSchema } from './sizes.ts';
import { validationReportSchema } from './validation.ts';
import { stageEventSchema } from './stage-event-schema.ts';
import type { Contract } from './contract.ts';

const event = stageEventSchema;
/** The host's current folder is not the user's: relative paths are made absolute before they are sent. */
const absolutePath = z.string().regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'must be an absolute path');
const threadCount = z.int().min(1).max(512);

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
