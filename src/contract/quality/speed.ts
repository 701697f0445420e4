// What the factory host is asked to time, and to ask: each file in a process of its own, so that peak memory is its own.
import { z } from 'zod';
import { threadCount } from '../outputs.ts';
import { speedSchema, taskResultSchema } from './measurements.ts';
import { subjectRequestSchema, taskRequestSchema } from './subjects.ts';

export const benchSpeedParams = z.object({
  subjects: z.array(subjectRequestSchema).min(1).max(500),
  /** llama-bench's -p, -n and -r. */
  promptTokens: z.int().min(1).max(1_048_576).default(512),
  generatedTokens: z.int().min(1).max(1_048_576).default(128),
  runs: z.int().min(1).max(1_000).default(5),
  contextSize: z.int().min(16).exactOptional(),
  threads: threadCount.exactOptional(),
  gpuLayers: z.int().min(0).default(0),
});

export const runTasksParams = z.object({
  subjects: z.array(subjectRequestSchema).min(1).max(500),
  /** JSON Lines: `{"prompt": …, "answer": …}` or `{"messages": […], "answer": [ …, … ]}`. */
  tasks: z.array(taskRequestSchema).min(1).max(100),
  maximumTokens: z.int().min(1).max(100_000).default(64),
  threads: threadCount.exactOptional(),
  gpuLayers: z.int().min(0).default(0),
  /** Ask again what was answered before. */
  fresh: z.boolean().default(false),
});

export const benchSpeedResult = z.object({ speed: z.array(speedSchema) });
export const runTasksResult = z.object({ tasks: z.array(taskResultSchema) });

export type BenchSpeedParams = z.infer<typeof benchSpeedParams>;
export type RunTasksParams = z.infer<typeof runTasksParams>;
