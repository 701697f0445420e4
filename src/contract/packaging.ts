// Packages as they cross process borders: what to put together, what was written, and what checking one found.
import { z } from 'zod';
import { absolutePath } from './outputs.ts';
import { companionRoles } from './routing/manifest.ts';

const name = z.string().min(1).max(300);

export const companionSourceSchema = z.object({
  role: z.enum(companionRoles),
  path: absolutePath,
  id: name.exactOptional(),
});

export const packageParams = z.object({
  /** The package's folder; made when missing. */
  folder: absolutePath,
  /** Parents (GGUF), families (router.json or their folders) and recipes, which are built first. */
  from: z.array(absolutePath).max(1_000),
  /** Added to every parent whose base they fit: PEFT folders or GGUF LoRAs. */
  adapters: z
    .array(z.object({ path: absolutePath, scale: z.number().default(1) }))
    .max(1_000)
    .default([]),
  companions: z.array(companionSourceSchema).max(100).default([]),
  /** Default: the family's own, else the folder's. */
  name: name.exactOptional(),
  /** Of parents and adapters that do not say theirs. */
  domain: name.exactOptional(),
  /** run.json whose figures the model card shows. */
  run: absolutePath.exactOptional(),
  overwrite: z.boolean().default(false),
  /** Load what is made anew in llama.cpp before it gets its name. */
  validate: z.boolean().default(true),
});

export const packagedFileSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** It lay there already with this content. */
  reused: z.boolean(),
});

export const packageResultSchema = z.object({
  name: z.string(),
  folder: z.string(),
  /** Path of router.json. */
  manifest: z.string(),
  files: z.array(packagedFileSchema),
  bytes: z.number(),
  seconds: z.number(),
});

export const verifyParams = z.object({
  /** A package's folder, its router.json, or one GGUF. */
  path: absolutePath,
  /** Write SHA256SUMS anew for router.json and README.md, where everything else is right. */
  updateChecksums: z.boolean().default(false),
});

export const packageCheckSchema = z.object({
  /** What was looked at: a file of the package, a route, an adapter. */
  subject: z.string(),
  check: z.enum([
    'manifest',
    'place',
    'hash',
    'structure',
    'tensors',
    'bundle',
    'adapter',
    'companion',
    'checksums',
  ]),
  status: z.enum(['passed', 'failed', 'warning']),
  message: z.string(),
  hint: z.string().exactOptional(),
});

export const verificationSchema = z.object({
  path: z.string(),
  passed: z.boolean(),
  checks: z.array(packageCheckSchema),
  files: z.number(),
  /** Bytes that were hashed. */
  bytes: z.number(),
  seconds: z.number(),
});

export type CompanionSource = z.infer<typeof companionSourceSchema>;
export type PackageParams = z.input<typeof packageParams>;
export type PackageResult = z.infer<typeof packageResultSchema>;
export type PackagedFile = z.infer<typeof packagedFileSchema>;
export type VerifyParams = z.input<typeof verifyParams>;
export type PackageCheck = z.infer<typeof packageCheckSchema>;
export type Verification = z.infer<typeof verificationSchema>;
