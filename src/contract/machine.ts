// What `env` tells: the machine, the llama.cpp release, and the devices that its back ends found.
import { z } from 'zod';

export const machineSchema = z.object({
  platform: z.string(),
  architecture: z.string(),
  nodeVersion: z.string(),
  processor: z.string(),
  /** Cores that this process may use. */
  cores: z.number(),
  memoryBytes: z.number(),
  freeMemoryBytes: z.number(),
  /** What encodes each type that the WebAssembly kernels have, as tried on this machine; empty without WebAssembly SIMD. */
  kernels: z.array(
    z.object({
      type: z.string(),
      kernel: z.enum(['wasm', 'ggml']),
      /** Why it is libggml. */
      reason: z.string().exactOptional(),
      /** What libggml does of a type that is the kernel's, because it is faster; encoding only without importance weights. */
      faster: z.array(z.enum(['encode', 'decode'])).exactOptional(),
    }),
  ),
  llama: z.union([
    z.object({
      release: z.string(),
      folder: z.string(),
      /** llama.cpp's line about the processor's features. */
      features: z.string(),
      devices: z.array(
        z.object({
          name: z.string(),
          description: z.string(),
          kind: z.enum(['cpu', 'gpu', 'integrated-gpu', 'accelerator', 'other']),
          freeBytes: z.number(),
          totalBytes: z.number(),
        }),
      ),
    }),
    /** Why llama.cpp cannot be used here. */
    z.object({ unavailable: z.string() }),
  ]),
});

export type Machine = z.infer<typeof machineSchema>;
