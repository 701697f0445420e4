// A repair: a plan of steps that the user can read and choose from, then one new file beside the damaged one, and a report
// that says what to trust. The damaged file is never written to.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { behaviourSchema, comparedWithSchema, diagnosisSchema } from './diagnosis.ts';

/**
 * What a repaired part can be trusted for. `exact`: its hash equals the one that was written when the file was made.
 * `derived`: made from the same source by the same rules, without a hash that could prove it. `approximate`: taken from
 * another level, which has lost detail already. `edited`: metadata or layout only. `lost`: left out or left as it is.
 */
export const trustSchema = z.enum(['exact', 'derived', 'approximate', 'edited', 'lost']);

export const repairParams = comparedWithSchema.extend({
  path: absolutePath,
  /** Folders to look for sources, adapters and parts in, by hash; the file's own folder and its workspace always are. */
  folders: z.array(absolutePath).max(100).exactOptional(),
});

export const repairStepSchema = z.object({
  /** Stable for the same file and findings: `recover:blk.0.attn_q.weight`, `set:tokenizer.ggml.pre`. */
  id: z.string(),
  /** Ids of the findings that it puts right. */
  findings: z.array(z.string()),
  /** One line: `Derive 3 tensors again from Base-BF16.gguf`. */
  title: z.string(),
  trust: trustSchema,
  /** Lossy steps are off until chosen. */
  chosen: z.boolean(),
  /** Why it cannot be done; shown instead of the checkbox. */
  impossible: z.string().exactOptional(),
  /** What changes, before and after; long values shortened. */
  changes: z.array(z.object({ what: z.string(), before: z.string(), after: z.string() })),
  /** Bytes that have to be read from sources. */
  readBytes: z.number().exactOptional(),
});

export const repairPlanSchema = z.object({
  path: z.string(),
  /** `X.repaired.gguf`, free at the moment of planning. */
  output: z.string(),
  /** Of the file that was diagnosed: repair refuses another. */
  bytes: z.number(),
  modified: z.number(),
  steps: z.array(repairStepSchema),
  /** Findings that no step puts right, with what the user can do. */
  left: z.array(z.object({ finding: z.string(), reason: z.string() })),
  diagnosis: diagnosisSchema,
});

export const applyRepairParams = repairParams.extend({
  /** As planned; a file that changed since is refused (`repair/changed`). */
  bytes: z.number(),
  modified: z.number(),
  /** Ids of the steps to take. */
  steps: z.array(z.string()).max(200_000),
  output: absolutePath.exactOptional(),
  threads: threadCount.exactOptional(),
});

/** A repair as a job: afterwards the file is loaded and asked, unless `behaviour` says no. */
export const repairRequestParams = applyRepairParams.extend({
  behaviour: z.boolean().default(true),
  /** The user's own validation prompts; the built-in ones without them. */
  prompts: z.array(z.string().min(1).max(20_000)).max(100).exactOptional(),
});

/** What one step did. */
export const repairedPartSchema = z.object({
  step: z.string(),
  title: z.string(),
  trust: trustSchema,
  /** Of exact ones: the hash that was met. */
  sha256: z.string().exactOptional(),
  detail: z.string().exactOptional(),
});

export const repairReportSchema = z.object({
  path: z.string(),
  output: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  /** The report for people, beside the output: `X.repaired.md`. */
  report: z.string(),
  parts: z.array(repairedPartSchema),
  before: diagnosisSchema,
  after: diagnosisSchema,
  /** Bytes read from the damaged file and from sources. */
  readBytes: z.number(),
  /** Absent until the validation prompts were asked. */
  behaviour: behaviourSchema.exactOptional(),
  /** What to trust, in two or three sentences. */
  advice: z.string(),
});

export type Trust = z.infer<typeof trustSchema>;
export type RepairParams = z.input<typeof repairParams>;
export type RepairStep = z.infer<typeof repairStepSchema>;
export type RepairPlan = z.infer<typeof repairPlanSchema>;
export type ApplyRepairParams = z.input<typeof applyRepairParams>;
export type RepairedPart = z.infer<typeof repairedPartSchema>;
export type RepairReport = z.infer<typeof repairReportSchema>;
