// A diagnosis of one file: a checklist that fills in while it runs, the findings, and a map of the file. Static checks and
// behaviour are two methods, because loading a damaged file may end the process that does it.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { stageEventSchema } from '../stage-event-schema.ts';
import { diagnosisAreas, fileRangeSchema, findingSchema } from './finding.ts';

/** What a file is compared with; all optional. */
export const comparedWithSchema = z.object({
  /** The unquantized model: a folder or a GGUF. */
  source: absolutePath.exactOptional(),
  /** Another level of the same model. */
  sibling: absolutePath.exactOptional(),
});

export const diagnoseParams = comparedWithSchema.extend({
  path: absolutePath,
  /** `header` reads no weights: values and hashes are skipped. */
  depth: z.enum(['header', 'full']).default('full'),
});

export const behaviourParams = z.object({
  path: absolutePath,
  source: absolutePath.exactOptional(),
  /** The user's own validation prompts; the built-in ones without them. */
  prompts: z.array(z.string().min(1).max(20_000)).max(100).exactOptional(),
  threads: threadCount.exactOptional(),
});

export const checkStateSchema = z.object({
  area: z.enum(diagnosisAreas),
  /** `skipped`: does not apply, was not asked for, or cannot run because of what was found; the summary says which. */
  state: z.enum(['waiting', 'running', 'passed', 'found', 'skipped']),
  /** One sentence. */
  summary: z.string(),
  seconds: z.number(),
});

/** One stretch of the file, in file order without gaps; what is missing follows the file's end. */
export const fileSegmentSchema = fileRangeSchema.extend({
  kind: z.enum([
    'header',
    'metadata',
    'tensor-list',
    'padding',
    'tensor',
    'adapter',
    'tail',
    'missing',
    'unknown',
  ]),
  /** Tensor, adapter or `metadata`. */
  name: z.string(),
  /** Element type of a tensor. */
  type: z.string().exactOptional(),
  /** Damaged ranges inside it, with the finding that tells why. */
  damaged: z.array(fileRangeSchema.extend({ finding: z.string() })),
});

export const fileKindSchema = z.enum([
  'model',
  'adapter',
  'imatrix',
  'mmproj',
  'other-gguf',
  'not-gguf',
]);

export const diagnosisSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  /** Milliseconds since 1970, of the file when it was read: a repair refuses another state of the file. */
  modified: z.number(),
  kind: fileKindSchema,
  /** `llama, Q4_K_M, 38 tensors`; what it is instead when it is no GGUF. */
  title: z.string(),
  /** The worst finding's severity; `healthy` without any. */
  verdict: z.enum(['healthy', 'info', 'warning', 'error']),
  checks: z.array(checkStateSchema),
  findings: z.array(findingSchema),
  map: z.array(fileSegmentSchema),
  /** Other parts of a split that were read too. */
  parts: z.array(z.string()),
  seconds: z.number(),
});

/** Behaviour adds one check and its findings to a diagnosis; their ids go on with `b1`. */
export const behaviourSchema = z.object({
  check: checkStateSchema,
  findings: z.array(findingSchema),
  /** What it answered to each validation prompt. */
  answers: z.array(z.object({ prompt: z.string(), answer: z.string() })),
});

export const diagnosisEventSchema = z.union([
  stageEventSchema,
  z.object({ event: z.literal('check'), check: checkStateSchema }),
  z.object({ event: z.literal('finding'), finding: findingSchema }),
]);

export type ComparedWith = z.infer<typeof comparedWithSchema>;
export type DiagnoseParams = z.input<typeof diagnoseParams>;
export type BehaviourParams = z.input<typeof behaviourParams>;
export type CheckState = z.infer<typeof checkStateSchema>;
export type FileSegment = z.infer<typeof fileSegmentSchema>;
export type FileKind = z.infer<typeof fileKindSchema>;
export type Diagnosis = z.infer<typeof diagnosisSchema>;
export type Behaviour = z.infer<typeof behaviourSchema>;
/** What a diagnosis tells beside its progress. */
export type FoundEvent = Extract<DiagnosisEvent, { event: 'check' | 'finding' }>;
export type DiagnosisEvent = z.infer<typeof diagnosisEventSchema>;
