// What the process that times one file is asked. Not part of the factory's contract: nobody but the factory starts it.
import { z } from 'zod';
import type { Contract } from '#src/contract/contract.ts';
import { absolutePath, threadCount } from '#src/contract/outputs.ts';
import { speedSchema } from '#src/contract/quality/measurements.ts';
import { stageEventSchema } from '#src/contract/stage-event-schema.ts';

export const speedContract = {
  measureSpeed: {
    params: z.object({
      /** For messages. */
      label: z.string(),
      path: absolutePath,
      /** GGUF LoRAs that fit the file. */
      adapters: z.array(z.object({ path: absolutePath, scale: z.number() })),
      promptTokens: z.int().min(1),
      generatedTokens: z.int().min(1),
      runs: z.int().min(1),
      contextSize: z.int().min(1),
      threads: threadCount,
      gpuLayers: z.int().min(0),
    }),
    result: speedSchema.omit({ subject: true }),
    event: stageEventSchema,
  },
} as const satisfies Contract;

export type SpeedContract = typeof speedContract;
