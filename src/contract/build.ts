// `build` as it crosses process borders: a recipe's text goes in, what was built comes out.
import { z } from 'zod';
import { measuredNodeSchema } from './measured-node.ts';
import { absolutePath, threadCount } from './outputs.ts';

export const buildParamsSchema = z.object({
  /** The recipe file's text. */
  recipe: z.string(),
  /** How messages name it: its path as the user gave it, or what was asked for (`domain healthcare`). */
  label: z.string(),
  /** Where its relative paths start. */
  folder: absolutePath,
  /** Load every output in llama.cpp and ask it the validation prompts before it gets its name. */
  validate: z.boolean().default(true),
  /** Keep temporary files (converted adapters). */
  keepTemp: z.boolean().default(false),
  /** Replace output files that GGUF Studio did not build. */
  overwrite: z.boolean().default(false),
  /** Check reused outputs by their full hash instead of size and time. */
  verifyReused: z.boolean().default(false),
  threads: threadCount.exactOptional(),
});

export const builtFileSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  level: z.string(),
  /** Of the tensor data. */
  bitsPerWeight: z.number(),
  /** The package's domain; absent for an output of a bare quantize step. */
  domain: z.string().exactOptional(),
  form: z.enum(['bundled', 'merged']).exactOptional(),
  /** What rides in the file or is merged into it: `domain/subdomain`. */
  adapters: z.array(z.string()),
  contextWindow: z.number().exactOptional(),
  /** True when a record proved the file current and nothing was written. */
  reused: z.boolean(),
});

export const buildResultSchema = z.object({
  files: z.array(builtFileSchema),
  manifests: z.array(z.object({ path: z.string(), reused: z.boolean() })),
  /** One per evaluate step; absent where the recipe has none. */
  measured: z.array(measuredNodeSchema).exactOptional(),
  /** SHA-256 of the recipe's canonical form. */
  recipeHash: z.string(),
  seconds: z.number(),
});

export type BuildParams = z.input<typeof buildParamsSchema>;
export type BuiltFile = z.output<typeof builtFileSchema>;
export type BuildResult = z.output<typeof buildResultSchema>;
