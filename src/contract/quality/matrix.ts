// The adapter × level matrix: for every adapter and level, base quantized with the adapter at run time, and adapter merged
// then quantized, both against unquantized base + adapter.
import { z } from 'zod';
import { levelSchema } from '../levels.ts';
import { absolutePath, threadCount } from '../outputs.ts';
import { qualityId, textRequestSchema } from './subjects.ts';

export const matrixParams = z.object({
  folder: absolutePath,
  id: qualityId,
  title: z.string().max(300),
  /** A Hugging Face folder or an unquantized GGUF. */
  base: absolutePath,
  adapters: z
    .array(
      z.object({
        name: qualityId,
        domain: z.string().exactOptional(),
        path: absolutePath,
        scale: z.number().default(1),
        /** Held-out text of what it was trained on. */
        text: textRequestSchema,
      }),
    )
    .min(1)
    .max(200),
  levels: z.array(levelSchema).min(1),
  general: textRequestSchema,
  imatrix: absolutePath.exactOptional(),
  /** What the matrix was made from; without it the texts that it names itself. A shared line refuses the run. */
  calibrationTexts: z.array(absolutePath).max(10_000).default([]),
  contextSize: z.int().min(16).default(512),
  chunks: z.int().min(1).exactOptional(),
  threads: threadCount.exactOptional(),
  /** Keep the quantized files here; without it they are temporary. */
  keep: absolutePath.exactOptional(),
});

export type MatrixParams = z.infer<typeof matrixParams>;
