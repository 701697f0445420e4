// Evaluation suites as data (`configs/evaluation_suites.json`, and a workspace's own): which texts belong to what.
import { z } from 'zod';
import { qualityId } from './subjects.ts';

/** Paths may start with `seedling:` (the embedded workspace's texts) or are relative to the file that names them. */
const place = z.string().min(1).max(4096);

export const suiteSchema = z.object({
  id: qualityId,
  title: z.string().min(1).max(200),
  description: z.string().max(2_000),
  domain: z.string().exactOptional(),
  subdomain: z.string().exactOptional(),
  kind: z.enum(['prose', 'chat', 'code', 'tasks']),
  /** Files, or folders whose text files are read in order of their names. */
  texts: z.array(place).min(1).max(1_000),
  parseSpecial: z.boolean().default(false),
});

export const suiteFileSchema = z.object({
  $schema: z.string().max(1_000).exactOptional(),
  version: z.literal(1),
  suites: z.array(suiteSchema).max(1_000),
});

/** A suite as it is found on this machine. */
export const foundSuiteSchema = suiteSchema.omit({ texts: true }).extend({
  paths: z.array(z.string()),
  bytes: z.number(),
  origin: z.enum(['built in', 'workspace']),
  /** Why it cannot be used. */
  problem: z.string().exactOptional(),
});

export type Suite = z.infer<typeof suiteSchema>;
export type FoundSuite = z.infer<typeof foundSuiteSchema>;
