// What is measured, and on what: a model file with its adapters (a subject), and texts.
import { z } from 'zod';
import { absolutePath } from '../outputs.ts';

const name = z.string().min(1).max(300);
export const qualityId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/);

/** An adapter that is switched on while measuring: a PEFT folder or a GGUF LoRA, or one that the file carries. */
export const subjectAdapterSchema = z.union([
  z.object({ path: absolutePath, scale: z.number() }),
  z.object({ bundled: name, scale: z.number() }),
]);

/** How a subject came to be; decides its mark in charts. */
export const subjectForms = [
  /** A file as llama-quantize makes it. */
  'stock',
  /** Types chosen tensor by tensor (`allocate`). */
  'hybrid',
  /** Adapters in the weights, then quantized. */
  'merged',
  /** Adapters switched on at run time. */
  'run-time',
] as const;

/** What is asked for: one model file, adapters on top of it. */
export const subjectRequestSchema = z.object({
  /** Unique within a run; names its files. */
  id: qualityId,
  /** Shown: `Q4_K_M`, `Q4_K_M + conditions`. */
  label: name,
  form: z.enum(subjectForms).default('stock'),
  path: absolutePath,
  adapters: z.array(subjectAdapterSchema).max(64).default([]),
});

/** What was measured. */
export const subjectSchema = subjectRequestSchema.extend({
  sha256: z.string(),
  bytes: z.number(),
  /** The level that the file says it has: `Q4_K_M`, `BF16`; absent when it says none. */
  level: z.string().exactOptional(),
  bitsPerWeight: z.number(),
  architecture: z.string(),
  vocabularySize: z.number(),
});

/** The unquantized model: a GGUF, or a Hugging Face folder (converted losslessly to a temporary file). */
export const referenceRequestSchema = z.object({
  path: absolutePath,
  adapters: z.array(subjectAdapterSchema).max(64).default([]),
});

export const textRequestSchema = z.object({
  id: qualityId,
  title: name,
  domain: z.string().exactOptional(),
  /** Joined in this order; UTF-8. */
  paths: z.array(absolutePath).min(1).max(10_000),
  /** Read control tokens that are spelled out (chat markers). llama-perplexity does not. */
  parseSpecial: z.boolean().default(false),
});

/** A file of questions with exact answers, JSON Lines (tasks.ts). */
export const taskRequestSchema = z.object({ id: name, title: name, path: absolutePath });

export const measuredTextSchema = textRequestSchema.extend({
  sha256: z.string(),
  bytes: z.number(),
  tokens: z.number(),
  chunks: z.number(),
  /** Tokens whose prediction counts: the second half of every chunk. */
  scoredTokens: z.number(),
});

export type SubjectAdapter = z.infer<typeof subjectAdapterSchema>;
export type SubjectRequest = z.infer<typeof subjectRequestSchema>;
export type Subject = z.infer<typeof subjectSchema>;
export type ReferenceRequest = z.infer<typeof referenceRequestSchema>;
export type TextRequest = z.infer<typeof textRequestSchema>;
export type TaskRequest = z.infer<typeof taskRequestSchema>;
export type MeasuredText = z.infer<typeof measuredTextSchema>;
