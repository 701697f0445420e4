// What a diagnosis may find, one code each: the screen, the repair, the documentation and the tests all name them by these.
// A finding carries its own evidence and, where the diagnosis knows what would be right, the fix that a repair may apply.
import { z } from 'zod';

/** In the order in which they run; each is one line of the checklist. */
export const diagnosisAreas = [
  'structure',
  'values',
  'hashes',
  'metadata',
  'tokenizer',
  'template',
  'behaviour',
] as const;

/** `info` needs nobody to act, `warning` costs quality or compatibility, `error` keeps the file from being used rightly. */
export const severities = ['info', 'warning', 'error'] as const;

export const findingCodes = [
  // What it is instead of a GGUF
  'file/empty',
  'file/lfs-pointer',
  'file/web-page',
  'file/safetensors',
  'file/zip',
  'file/legacy-ggml',
  'file/zeros',
  'file/unknown',
  'file/big-endian',
  // Structure
  'structure/version',
  'structure/counts',
  'structure/metadata-entry',
  'structure/metadata-twice',
  'structure/tensor-entry',
  'structure/tensor-twice',
  'structure/tensor-type',
  'structure/tensor-shape',
  'structure/alignment',
  'structure/offsets',
  'structure/order',
  'structure/header-truncated',
  'structure/truncated',
  'structure/unknown-tail',
  'split/part-missing',
  'split/part-misnamed',
  'split/part-foreign',
  'bundle/list',
  'bundle/tail-missing',
  'bundle/adapter-damaged',
  // Values
  'values/not-finite',
  'values/scale-not-finite',
  'values/scale-absurd',
  'values/all-zero',
  'values/zero-range',
  'values/duplicate',
  'values/differs',
  // Hashes
  'hashes/list',
  'hashes/tensor',
  'hashes/file',
  // Metadata
  'metadata/architecture',
  'metadata/missing',
  'metadata/type',
  'metadata/contradiction',
  'metadata/tensor-missing',
  'metadata/tensor-unexpected',
  'metadata/tensor-shape',
  'metadata/context',
  'metadata/rope',
  'metadata/file-type',
  'metadata/differs',
  // Tokenizer
  'tokenizer/missing',
  'tokenizer/model',
  'tokenizer/token-count',
  'tokenizer/token-types',
  'tokenizer/tokens',
  'tokenizer/scores',
  'tokenizer/merges',
  'tokenizer/special-id',
  'tokenizer/end-token',
  'tokenizer/pre-missing',
  'tokenizer/pre-unknown',
  'tokenizer/pre-wrong',
  'tokenizer/round-trip',
  'tokenizer/differs',
  // Chat template
  'template/missing',
  'template/syntax',
  'template/rendering',
  'template/ending',
  'template/tokens',
  'template/differs',
  // Behaviour
  'behaviour/load',
  'behaviour/crash',
  'behaviour/not-finite',
  'behaviour/repeats',
  'behaviour/perplexity',
] as const;

const bytes = z.number().int().nonnegative();

/** A range of the file: `offset` from its first byte. Past the file's end for what is missing. */
export const fileRangeSchema = z.object({ offset: bytes, size: bytes });

/** A metadata value as JSON: numbers of 64 bits as decimal text, arrays with their element type. */
export const metadataValueSchema = z.object({
  /** GGUF's type: `uint32`, `string`, `array`. */
  type: z.string(),
  elementType: z.string().exactOptional(),
  value: z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.array(z.union([z.string(), z.number(), z.boolean()])),
  ]),
});

/** What would put a finding right. Tensor data is never part of it: that comes from a source, at repair time. */
export const fixSchema = z.discriminatedUnion('kind', [
  /** Sets or adds one entry. */
  z.object({ kind: z.literal('set-metadata'), key: z.string(), value: metadataValueSchema }),
  z.object({ kind: z.literal('remove-metadata'), key: z.string() }),
  /** Changes single elements of an array entry (a token's type, a token's text). */
  z.object({
    kind: z.literal('set-elements'),
    key: z.string(),
    elements: z.array(
      z.object({ index: z.number().int().nonnegative(), value: z.union([z.string(), z.number()]) }),
    ),
  }),
  /** Writes the tensors anew in the order of their records, contiguous and padded. */
  z.object({ kind: z.literal('lay-out') }),
  /** Tensors (or rows of one) to be derived again from a source, or taken from another level. */
  z.object({
    kind: z.literal('recover-tensors'),
    tensors: z.array(
      z.object({
        name: z.string(),
        /** First row and count, when only they are damaged. */
        rows: z
          .object({ first: z.number().int().nonnegative(), count: z.number().int().positive() })
          .exactOptional(),
      }),
    ),
  }),
  /** Adapters of a bundle to be taken back from their files, by hash. */
  z.object({ kind: z.literal('restore-adapters'), names: z.array(z.string()) }),
  /** Bytes after the last tensor that nothing refers to. */
  z.object({ kind: z.literal('cut-tail') }),
  /** Parts of a split that lie under other names; `found` says where. */
  z.object({ kind: z.literal('join-parts') }),
]);

export const findingSchema = z.object({
  /** Of this diagnosis: `f1`, `f2`, ... */
  id: z.string(),
  code: z.enum(findingCodes),
  area: z.enum(diagnosisAreas),
  severity: z.enum(severities),
  /** What is wrong, in one sentence with the value. */
  message: z.string(),
  /** What most likely did it, in one sentence. */
  cause: z.string(),
  /** Numbers, names and texts that it rests on; shown as a list. */
  evidence: z.record(z.string(), z.unknown()),
  /** The tensors that it is about. */
  tensors: z.array(z.string()),
  /** The metadata keys that it is about. */
  keys: z.array(z.string()),
  /** Where in the file. */
  ranges: z.array(fileRangeSchema),
  /** What repair would do, in one sentence; without a fix, what the user can do. */
  remedy: z.string(),
  fix: fixSchema.exactOptional(),
});

export type DiagnosisArea = (typeof diagnosisAreas)[number];
export type Severity = (typeof severities)[number];
export type FindingCode = (typeof findingCodes)[number];
export type FileRange = z.infer<typeof fileRangeSchema>;
export type MetadataValue = z.infer<typeof metadataValueSchema>;
export type Fix = z.infer<typeof fixSchema>;
export type Finding = z.infer<typeof findingSchema>;
