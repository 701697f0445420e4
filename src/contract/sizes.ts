// What `sizes` tells: for every level the exact size of the file, before any weight is read.
import { z } from 'zod';

export const sizesSchema = z.object({
  path: z.string(),
  /** What was planned from. */
  source: z.enum(['gguf', 'folder', 'folder without weights', 'config.json']),
  architecture: z.string(),
  weights: z.number(),
  /** False when there is no tokenizer, so that metadata is not part of the sizes. */
  countsMetadata: z.boolean(),
  levels: z.array(
    z.object({
      level: z.string(),
      /** Size of the file; of its tensors alone when metadata is not counted. */
      bytes: z.number(),
      tensorBytes: z.number(),
      bitsPerWeight: z.number(),
      /** llama.cpp writes this level only with an importance matrix (whose own entries are not counted). */
      needsImatrix: z.boolean(),
      notices: z.array(z.string()),
    }),
  ),
  /** Levels that llama.cpp has no types for in this model, with its reason. */
  refused: z.array(z.object({ level: z.string(), reason: z.string() })),
});

export type Sizes = z.infer<typeof sizesSchema>;
