// Settings of the studio on this machine (settings.json in the studio's home), the same for every workspace.
import { z } from 'zod';
import { threadCount } from './outputs.ts';

export const settingsSchema = z.object({
  version: z.literal(1).default(1),
  theme: z.enum(['system', 'dark', 'light']).default('system'),
  /** Absent: chosen from the machine and the model. */
  threads: threadCount.exactOptional(),
  gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto'),
  gpuLayers: z.union([z.literal('auto'), z.int().min(0).max(10_000)]).default('auto'),
  /** Most RAM that chat models may take together. Absent: what is free, less a reserve. */
  memoryBudgetBytes: z.int().min(0).exactOptional(),
  /** What the app keeps only to be quicker (adapters, matrices, parts of measurements) may take this much of the disk. */
  cacheLimitBytes: z
    .int()
    .min(0)
    .default(8 * 2 ** 30),
  /** Absolute paths, scanned where they are. */
  modelFolders: z.array(z.string()).max(200).default([]),
  /** Single files and folders that were added to the library, where they are. */
  addedFiles: z.array(z.string()).max(1000).default([]),
  /** Found folders that the user does not want offered again. */
  declinedFolders: z.array(z.string()).max(200).default([]),
  recentWorkspaces: z.array(z.string()).max(20).default([]),
  /** The validation prompts run on every output of a build. */
  validateBuilds: z.boolean().default(true),
});

export type Settings = z.infer<typeof settingsSchema>;
