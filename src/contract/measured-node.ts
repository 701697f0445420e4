// What an evaluate step of a recipe found: the figures that decide, and where the whole run is. Crosses process borders with
// the build's events and its result, and is kept with the job.
import { z } from 'zod';
import { estimateSchema } from './quality/measurements.ts';
import { qualityId } from './quality/subjects.ts';

export const measuredFigureSchema = z.object({
  /** As the run calls it: `Q4_K_M`, `healthcare Q4_K_M + conditions`. */
  subject: z.string(),
  level: z.string(),
  /** The text's title. */
  text: z.string(),
  kld: estimateSchema,
  sameTop: estimateSchema,
  /** Absent where the step has no gate. */
  passed: z.boolean().exactOptional(),
});

export const measuredNodeSchema = z.object({
  node: z.string(),
  /** Id of the run, and its run.json. */
  run: qualityId,
  path: z.string(),
  /** True when nothing was measured because an earlier run is of the same files and texts. */
  reused: z.boolean(),
  gate: z.number().exactOptional(),
  gateSameTop: z.number().exactOptional(),
  /** Absent without a gate. */
  passed: z.boolean().exactOptional(),
  /** Largest mean KLD first; the first `maximumFigures` of them. */
  figures: z.array(measuredFigureSchema),
});

/** More than a person reads; the run has all of them. */
export const maximumFigures = 200;

export type MeasuredFigure = z.infer<typeof measuredFigureSchema>;
export type MeasuredNode = z.infer<typeof measuredNodeSchema>;
