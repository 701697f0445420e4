// How fast earlier builds were on this machine: a few samples per set of levels, so that the time of the next one can be
// told before it runs. Only a memory: losing it costs an estimate.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const sampleSchema = z.object({
  /** What was done: the levels, sorted, and whether adapters were merged (`Q4_K_M,Q8_0 merged`). */
  work: z.string().max(2_000),
  /** Read and written. */
  bytes: z.number().positive(),
  seconds: z.number().positive(),
});
const fileSchema = z.object({ version: z.literal(1), samples: z.array(sampleSchema).max(1_000) });

export type ThroughputSample = z.infer<typeof sampleSchema>;

/** Newest first; older ones of the same work and about the same size are replaced. */
const keptSamples = 60;

function throughputPath(home: string): string {
  return join(home, 'store', 'throughput.json');
}

export async function readThroughput(home = studioHome()): Promise<readonly ThroughputSample[]> {
  try {
    const text = await readFile(throughputPath(home), 'utf8');
    return fileSchema.safeParse(JSON.parse(text)).data?.samples ?? [];
  } catch {
    return [];
  }
}

/** Remembers a sample; a home that cannot be written to is no obstacle. */
export async function rememberThroughput(
  sample: ThroughputSample,
  home = studioHome(),
): Promise<void> {
  if (!(sample.bytes > 0 && sample.seconds > 0)) return;
  const others = (await readThroughput(home)).filter((other) => !isSameCase(other, sample));
  const samples = [sample, ...others].slice(0, keptSamples);
  const text = `${JSON.stringify({ version: 1, samples }, null, 2)}\n`;
  await writeFileAtomically(throughputPath(home), text).catch(() => undefined);
}

/**
 * Seconds that work takes, from the sample that is most like it: of the same work if there is one, and nearest in size,
 * because the fixed part of a build makes small ones slower per byte. Undefined without samples.
 */
export function estimateSeconds(
  samples: readonly ThroughputSample[],
  { work, bytes }: Pick<ThroughputSample, 'work' | 'bytes'>,
): number | undefined {
  const same = samples.filter((sample) => sample.work === work);
  const [nearest] = [...(same.length > 0 ? same : samples)].sort(
    (left, right) => distance(left.bytes, bytes) - distance(right.bytes, bytes),
  );
  return nearest === undefined ? undefined : (bytes / nearest.bytes) * nearest.seconds;
}

function distance(left: number, right: number): number {
  return Math.abs(Math.log(Math.max(1, left) / Math.max(1, right)));
}

function isSameCase(left: ThroughputSample, right: ThroughputSample): boolean {
  return left.work === right.work && distance(left.bytes, right.bytes) < Math.log(1.5);
}
