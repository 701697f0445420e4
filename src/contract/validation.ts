// What a validation found: one entry per check, with its evidence, so that "valid" can be read and not only believed.
import { z } from 'zod';

/** In the order in which they run; a failed one does not stop those that can still run. */
export const checkNames = [
  'structure',
  'tensors',
  'hashes',
  'bundle',
  'load',
  'tokenizer',
  'generation',
  'embeddings',
  'adapters',
] as const;

export type CheckName = (typeof checkNames)[number];

export const checkResultSchema = z.object({
  check: z.enum(checkNames),
  /** `skipped`: does not apply to this file, or could not run because an earlier check failed. */
  status: z.enum(['passed', 'failed', 'skipped']),
  /** One sentence. */
  summary: z.string(),
  /** Numbers, names and texts that the summary rests on. */
  evidence: z.record(z.string(), z.unknown()),
  seconds: z.number(),
});

export const validationReportSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  /** Of the whole file, when it was asked for. */
  sha256: z.string().exactOptional(),
  passed: z.boolean(),
  checks: z.array(checkResultSchema),
});

export type CheckResult = z.infer<typeof checkResultSchema>;
export type ValidationReport = z.infer<typeof validationReportSchema>;
