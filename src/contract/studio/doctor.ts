// The Doctor screen's part of the studio contract: files by id, the same diagnosis and repair as on the command line, and
// what interrupted work left behind.
import { z } from 'zod';
import { behaviourSchema, diagnosisEventSchema, diagnosisSchema } from '../doctor/diagnosis.ts';
import { repairPlanSchema, repairReportSchema } from '../doctor/repair.ts';
import { leftoverSchema } from '../leftovers.ts';
import { stageEventSchema } from '../stage-event-schema.ts';
import { fileIdSchema, fileReferenceSchema } from './files.ts';

const none = z.never();
const compared = {
  source: fileIdSchema.exactOptional(),
  sibling: fileIdSchema.exactOptional(),
};

export const doctorMethods = {
  /** Checks one file; behaviour too unless `depth` is `header`. Several run in turn. */
  diagnose: {
    params: z.object({
      file: fileIdSchema,
      depth: z.enum(['header', 'full']),
      behaviour: z.boolean(),
      ...compared,
    }),
    result: z.object({ diagnosis: diagnosisSchema, behaviour: behaviourSchema.exactOptional() }),
    event: diagnosisEventSchema,
  },
  /** The model files of a folder, to be checked one after the other. */
  listModelFiles: {
    params: z.object({ folder: fileIdSchema }),
    result: z.array(fileReferenceSchema.extend({ bytes: z.number() })),
    event: none,
  },
  planRepair: {
    params: z.object({
      file: fileIdSchema,
      ...compared,
      folders: z.array(fileIdSchema).max(100).exactOptional(),
    }),
    result: repairPlanSchema,
    event: stageEventSchema,
  },
  /** Writes the repaired file and its report beside the damaged one, diagnoses it again, and asks the validation prompts. */
  repair: {
    params: z.object({
      file: fileIdSchema,
      ...compared,
      folders: z.array(fileIdSchema).max(100).exactOptional(),
      bytes: z.number(),
      modified: z.number(),
      steps: z.array(z.string()).max(200_000),
    }),
    result: z.object({ report: repairReportSchema, output: fileReferenceSchema }),
    event: diagnosisEventSchema,
  },
  /** What interrupted work left in the app's own folders. */
  findLeftovers: {
    params: z.object({ cache: z.boolean() }),
    result: z.array(leftoverSchema),
    event: none,
  },
  /** Deletes those that are named and still there; answers what was deleted. */
  removeLeftovers: {
    params: z.object({ paths: z.array(z.string().max(4096)).max(100_000) }),
    result: z.object({ removed: z.array(z.string()), bytes: z.number() }),
    event: none,
  },
} as const;
