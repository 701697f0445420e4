// A model, adapter or other file of the library: the headline of its header, as lists show it. Made by the factory host
// from headers alone; the window adds an id (studio/library.ts).
import { z } from 'zod';

export const libraryKinds = ['base', 'gguf', 'adapter', 'imatrix', 'companion', 'broken'] as const;

/** RAM for the weights and a context of `contextSize` tokens (16-bit cache), by the formula of docs/architecture.md. */
export const memoryEstimateSchema = z.object({
  weightsBytes: z.number(),
  cacheBytes: z.number(),
  computeBytes: z.number(),
  contextSize: z.number(),
});

export const libraryItemSchema = z.object({
  path: z.string(),
  name: z.string(),
  kind: z.enum(libraryKinds),
  /** `Hugging Face folder`, `GGUF`, `GGUF, 3 parts`, `PEFT folder`, `GGUF adapter`. */
  format: z.string(),
  architecture: z.string().exactOptional(),
  parameters: z.number().exactOptional(),
  /** Level of a GGUF (`Q4_K_M`), element type of a checkpoint (`BF16`). */
  type: z.string().exactOptional(),
  bitsPerWeight: z.number().exactOptional(),
  bytes: z.number(),
  /** Trained window. */
  contextLength: z.number().exactOptional(),
  /** `studio.context_window`, when the file was built for one. */
  contextWindow: z.number().exactOptional(),
  domain: z.string().exactOptional(),
  subdomain: z.string().exactOptional(),
  /** Adapters inside a bundle. */
  bundledAdapters: z.array(z.object({ name: z.string(), domain: z.string(), scale: z.number() })),
  /** For an adapter: rank, alpha, and what it says it was trained on. */
  adapter: z
    .object({ rank: z.number(), alpha: z.number(), baseName: z.string().exactOptional() })
    .exactOptional(),
  memory: memoryEstimateSchema.exactOptional(),
  /** An embedding model, a voice model, ...: what cannot chat says so here. */
  role: z.enum(['chat', 'embedding', 'emotion', 'speech', 'voice', 'other']).exactOptional(),
  /** Milliseconds since 1970. */
  modified: z.number(),
  /** Why it cannot be used, for kind `broken`; on a `gguf`, what of it cannot (a bundle without its adapters). */
  problem: z.object({ message: z.string(), hint: z.string().exactOptional() }).exactOptional(),
});

export const adapterFitSchema = z.object({
  adapter: z.string(),
  fits: z.boolean(),
  /** It fits, but no GGUF adapter can hold it: it can be merged, not applied to a loaded model. */
  mergeOnly: z.boolean().exactOptional(),
  /** Why not, or what to know although it fits. */
  reason: z.string().exactOptional(),
});

export type LibraryItem = z.infer<typeof libraryItemSchema>;
export type LibraryKind = (typeof libraryKinds)[number];
export type MemoryEstimate = z.infer<typeof memoryEstimateSchema>;
export type AdapterFit = z.infer<typeof adapterFitSchema>;
