// What `clean` may delete: files that the app itself made in its own folders and no running process needs.
import { z } from 'zod';

export const leftoverKinds = [
  /** An output that was never finished, with its journal. */
  'partial',
  /** A finished output that failed its check. */
  'rejected',
  /** Folders and files of processes that are gone. */
  'temporary',
  /** A record of a file that is gone. */
  'record',
  /** Logs of old jobs. */
  'log',
  /** Made again when needed: extracted adapters, importance matrices, quality references. */
  'cache',
] as const;

export const leftoverSchema = z.object({
  path: z.string(),
  kind: z.enum(leftoverKinds),
  bytes: z.number(),
  /** Milliseconds since 1970 of its last use, where it is kept until a limit is met. */
  usedAt: z.number().exactOptional(),
  /** Deleted together with it: a partial's journal. */
  companions: z.array(z.string()),
});

export type Leftover = z.infer<typeof leftoverSchema>;
