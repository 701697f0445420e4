// What the methods that write files are asked, and what they answer.
import { z } from 'zod';
import { ggmlTypeSchema, levelSchema } from './levels.ts';
import { validationReportSchema } from './validation.ts';

/** The host's current folder is not the user's: relative paths are made absolute before they are sent. */
export const absolutePath = z
  .string()
  .regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'must be an absolute path');
export const threadCount = z.int().min(1).max(512);

/** Options of everything that writes. */
const writing = {
  overwrite: z.boolean().default(false),
  /** Load the output in llama.cpp and ask it before it gets its name. */
  validate: z.boolean().default(false),
  threads: threadCount.exactOptional(),
};

export const outtypeSchema = z.enum(['f32', 'f16', 'bf16', 'q8_0', 'auto']);

export const convertParams = z.object({
  folder: absolutePath,
  output: absolutePath,
  outtype: outtypeSchema,
  pre: z.string().exactOptional(),
  modelName: z.string().exactOptional(),
  ...writing,
});

export const convertLoraParams = z.object({
  adapter: absolutePath,
  base: absolutePath,
  output: absolutePath,
  outtype: outtypeSchema,
  overwrite: z.boolean().default(false),
});

export const mergeParams = z.object({
  base: absolutePath,
  adapters: z.array(z.object({ path: absolutePath, scale: z.number() })).min(1),
  method: z.enum(['sum', 'ties', 'dare']),
  density: z.number().exactOptional(),
  seed: z.int().nonnegative().exactOptional(),
  output: absolutePath,
  outtype: outtypeSchema.exclude(['auto']),
  /** Round tensors of the base that are quantized already to a quantizing outtype. */
  allowRequantize: z.boolean().default(false),
  ...writing,
});

/** llama-quantize's `--override-kv`: integers become uint32 there. */
export const metadataOverrideSchema = z.discriminatedUnion('type', [
  z.object({ key: z.string().min(1), type: z.literal('int'), value: z.int() }),
  z.object({ key: z.string().min(1), type: z.literal('float'), value: z.number() }),
  z.object({ key: z.string().min(1), type: z.literal('bool'), value: z.boolean() }),
  z.object({ key: z.string().min(1), type: z.literal('str'), value: z.string() }),
]);
export type MetadataOverride = z.infer<typeof metadataOverrideSchema>;

export const quantizeParams = z.object({
  input: absolutePath,
  outputs: z
    .array(
      z.object({
        /** COPY is llama-quantize's: tensors unchanged, metadata rewritten. */
        level: z.union([levelSchema, z.enum(['COPY', 'as-is'])]),
        /** Not needed for a dry run. */
        path: absolutePath.exactOptional(),
      }),
    )
    .min(1),
  imatrix: z
    .object({
      path: absolutePath,
      /** As it was typed: llama-quantize writes that into the output. */
      givenAs: z.string(),
      include: z.array(z.string()).default([]),
      exclude: z.array(z.string()).default([]),
    })
    .exactOptional(),
  tensorTypes: z.array(z.tuple([z.string().min(1), ggmlTypeSchema])).default([]),
  outputTensorType: ggmlTypeSchema.exactOptional(),
  tokenEmbeddingType: ggmlTypeSchema.exactOptional(),
  pure: z.boolean().default(false),
  leaveOutputTensor: z.boolean().default(false),
  pruneLayers: z.array(z.int().nonnegative()).default([]),
  allowRequantize: z.boolean().default(false),
  overrides: z.array(metadataOverrideSchema).default([]),
  pre: z.string().exactOptional(),
  dryRun: z.boolean().default(false),
  /** Make the outputs' folders when they are missing. */
  makeFolders: z.boolean().default(false),
  ...writing,
});

const plannedTensorSchema = z.object({
  name: z.string(),
  shape: z.array(z.number()),
  from: z.string(),
  type: z.string(),
  bytes: z.number(),
});

export const writtenOutputSchema = z.object({
  /** `F16`, `Q4_K_M`, ... */
  label: z.string(),
  path: z.string().exactOptional(),
  bytes: z.number(),
  bitsPerWeight: z.number(),
  /** Of the whole file; absent after a dry run. */
  sha256: z.string().exactOptional(),
  /** Tensors that an earlier, interrupted run had finished. */
  reusedTensors: z.number().exactOptional(),
  /** What would be written; only after a dry run. */
  tensors: z.array(plannedTensorSchema).exactOptional(),
  validation: validationReportSchema.exactOptional(),
});

export const writtenSchema = z.object({
  outputs: z.array(writtenOutputSchema),
  seconds: z.number(),
  /** Only after a dry run: how long writing is expected to take on this machine. */
  estimatedSeconds: z.number().exactOptional(),
});

export type WrittenFile = z.infer<typeof writtenOutputSchema>;
export type Written = z.infer<typeof writtenSchema>;
