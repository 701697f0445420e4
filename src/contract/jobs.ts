// A job: one build (or other long task) with its state, kept in the job store that every front shares, whoever started it.
import { z } from 'zod';
import { buildResultSchema } from './build.ts';
import { measuredNodeSchema } from './measured-node.ts';
import { verificationSchema } from './packaging.ts';
import { stageEventSchema } from './stage-event-schema.ts';

export const jobStates = [
  'queued',
  'running',
  'done',
  'failed',
  'cancelled',
  /** Its process ended without a word; running it again goes on where it stopped. */
  'interrupted',
] as const;

/** Where a node of the recipe stands while its job runs. */
export const jobStepSchema = z.object({
  node: z.string(),
  /** For a quantize step: one entry per level. */
  level: z.string().exactOptional(),
  state: z.enum(['waiting', 'running', 'done', 'reused', 'failed']),
  done: z.number().exactOptional(),
  total: z.number().exactOptional(),
  secondsLeft: z.number().exactOptional(),
  /** Of an evaluate step that has measured. */
  measured: measuredNodeSchema.exactOptional(),
});

/** What a job wrote, or found valid. */
export const jobResultSchema = buildResultSchema.extend({
  /** Absent where no recipe was built. */
  recipeHash: z.string().exactOptional(),
  /** Files that a validation found valid. */
  validated: z.array(z.string()).exactOptional(),
  /** What a diagnosis found, one line a file. */
  diagnosed: z
    .array(z.object({ path: z.string(), verdict: z.string(), summary: z.string() }))
    .exactOptional(),
  /** What a verification found, failed checks first. */
  verification: verificationSchema.exactOptional(),
  /** Id of the run that an evaluation wrote. */
  run: z.string().exactOptional(),
});

export const jobSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
  kind: z.enum([
    'build',
    'convert',
    'convert-lora',
    'merge',
    'quantize',
    'validate',
    'doctor',
    'evaluate',
    'imatrix',
    'allocate',
    'bench-speed',
    'tasks',
    'matrix',
    'package',
    'verify',
    'repair',
  ]),
  /** What people call it: the recipe's file name, `domain healthcare`. */
  title: z.string(),
  origin: z.enum(['window', 'command line', 'script']),
  state: z.enum(jobStates),
  /** Recipe file, when it came from one. */
  recipePath: z.string().exactOptional(),
  /** The folder that relative paths start at. */
  folder: z.string(),
  /** The line that started it on the command line; typed again in `folder`, it does the same anew. */
  command: z.string().exactOptional(),
  createdAt: z.number(),
  startedAt: z.number().exactOptional(),
  endedAt: z.number().exactOptional(),
  phase: z.string().exactOptional(),
  progress: z
    .object({
      done: z.number(),
      total: z.number(),
      unit: z.enum(['bytes', 'tensors', 'steps']),
      secondsLeft: z.number().exactOptional(),
      detail: z.string().exactOptional(),
    })
    .exactOptional(),
  steps: z.array(jobStepSchema),
  notices: z.array(z.string()),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() })
    .exactOptional(),
  result: jobResultSchema.exactOptional(),
  /** False for a job of a command line that this process cannot cancel. */
  canCancel: z.boolean(),
  /** It has what a retry or resume needs. */
  canRetry: z.boolean(),
});

/** One line of a job's log. */
export const jobLogLineSchema = z.object({
  /** Milliseconds since 1970. */
  time: z.number(),
  level: z.enum(['debug', 'info', 'warning', 'error']),
  text: z.string(),
});

/** One line of a job's journal file (JSON Lines). */
export const journalLineSchema = z.object({ time: z.number(), event: stageEventSchema });

export type Job = z.infer<typeof jobSchema>;
export type JobResult = z.infer<typeof jobResultSchema>;
export type JobState = (typeof jobStates)[number];
export type JobStep = z.infer<typeof jobStepSchema>;
export type JobLogLine = z.infer<typeof jobLogLineSchema>;
