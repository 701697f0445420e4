// What `inspect` tells about a file or folder: facts for people in a fixed order, and the full lists for programs.
import { z } from 'zod';

const fact = z.object({ name: z.string(), value: z.string() });

const typeTotal = z.object({
  type: z.string(),
  tensors: z.number(),
  weights: z.number(),
  bytes: z.number(),
});

const tensor = z.object({
  name: z.string(),
  /** As the format has it: GGUF row length first, checkpoints row length last. */
  shape: z.array(z.number()),
  type: z.string(),
  bytes: z.number(),
});

const metadataEntry = z.object({
  key: z.string(),
  /** GGUF type: `uint32`, `array of string`, ... */
  type: z.string(),
  /** Long texts and arrays are shortened; `length` tells how long they are. */
  value: z.string(),
  length: z.number().exactOptional(),
});

const bundledAdapter = z.object({
  name: z.string(),
  domain: z.string(),
  bytes: z.number(),
  scale: z.number(),
  sha256: z.string(),
});

export const inspectionSchema = z.object({
  path: z.string(),
  /** What it is. */
  kind: z.enum([
    'gguf-model',
    'gguf-adapter',
    'gguf-imatrix',
    'gguf-other',
    'legacy-imatrix',
    'safetensors',
    'pytorch',
    'huggingface-folder',
    'peft-folder',
  ]),
  /** Bytes on the disk of the files that belong to it. */
  bytes: z.number(),
  facts: z.array(fact),
  /** By element type, largest first. */
  types: z.array(typeTotal),
  metadata: z.array(metadataEntry),
  tensors: z.array(tensor),
  /** Adapters inside a bundle. */
  adapters: z.array(bundledAdapter),
  chatTemplate: z.string().exactOptional(),
  /** Things that keep it from being used, or that the user should know. */
  problems: z.array(
    z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }),
  ),
  notices: z.array(z.string()),
});

export type Inspection = z.infer<typeof inspectionSchema>;
export type InspectedTensor = z.infer<typeof tensor>;
export type TypeTotal = z.infer<typeof typeTotal>;
