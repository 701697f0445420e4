// What a build would do, told before it runs: exact sizes from llama.cpp's own dry run, what is there already, and what
// the machine must have.
import { z } from 'zod';
import { measuredNodeSchema } from './measured-node.ts';

export const plannedOutputSchema = z.object({
  /** The node that writes it: a package, or a quantize step that ends in no package. */
  node: z.string(),
  /** The quantize step that makes its tensors. */
  quantizeNode: z.string(),
  level: z.string(),
  path: z.string(),
  bytes: z.number(),
  bitsPerWeight: z.number(),
  /**
   * `new`: will be written; `current`: a record proves it, nothing is written; `resumable`: an interrupted run left a
   * part; `exists`: another file has the name and is replaced only with `overwrite`.
   */
  state: z.enum(['new', 'current', 'resumable', 'exists']),
  notices: z.array(z.string()),
});

export const plannedNodeSchema = z.object({
  node: z.string(),
  state: z.enum(['ready', 'cached', 'invalid']),
  /** Lines for the node's body, for example architecture and source size: `{ name: 'source', value: 'BF16 · 5.98 GiB' }`. */
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
  /** Of an evaluate step: what was measured of just these files. */
  measured: measuredNodeSchema.exactOptional(),
  problem: z.object({ message: z.string(), hint: z.string().exactOptional() }).exactOptional(),
});

export const buildPlanSchema = z.object({
  nodes: z.array(plannedNodeSchema),
  outputs: z.array(plannedOutputSchema),
  /** Bytes of sources that are read. */
  readsBytes: z.number(),
  /** Bytes that will be written, outputs that are current excluded. */
  writesBytes: z.number(),
  /** Per disk that is written to. */
  disks: z.array(z.object({ path: z.string(), writesBytes: z.number(), freeBytes: z.number() })),
  peakMemoryBytes: z.number(),
  freeMemoryBytes: z.number(),
  /** By this machine's measured rates, corrected by earlier builds; absent when measuring has no sample yet. */
  estimatedSeconds: z.number().exactOptional(),
});

export type BuildPlan = z.infer<typeof buildPlanSchema>;
export type PlannedOutput = z.infer<typeof plannedOutputSchema>;
export type PlannedNode = z.infer<typeof plannedNodeSchema>;
