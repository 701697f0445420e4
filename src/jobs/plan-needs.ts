// What a planned build must have: disk per file system, memory, time. Sizes are exact; memory is the writer's own bound;
// time comes from this machine's rates.
import { readFile, stat, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import type { BuildPlan } from '#src/contract/build-plan.ts';
import type { PlannedPass } from '#src/recipe/plan.ts';
import type { LaidOut } from './pass-context.ts';
import type { MeasuringNeeds } from './plan-evaluations.ts';
import type { PlannedSource } from './planned-sources.ts';
import type { PlanningPorts } from './ports.ts';

/** The files of a pass that will be written. */
export interface PassWork {
  readonly pass: PlannedPass;
  readonly files: readonly LaidOut[];
  /** By path: bytes that an interrupted run has written already. */
  readonly written: ReadonlyMap<string, number>;
}

type Needs = Pick<BuildPlan, 'readsBytes' | 'writesBytes' | 'disks' | 'peakMemoryBytes' | 'freeMemoryBytes' | 'estimatedSeconds'>; // prettier-ignore

/** The process and llama.cpp's own buffers while a finished file is asked the validation prompts, beside the file itself. */
const validationBytes = 160 * 1024 * 1024;

export async function planNeeds(
  works: readonly PassWork[],
  sources: ReadonlyMap<string, PlannedSource>,
  ports: PlanningPorts,
  measuring: MeasuringNeeds,
): Promise<Needs> {
  let readsBytes = 0;
  let writesBytes = 0;
  let peakMemoryBytes = 0;
  let seconds: number | undefined = 0;
  const perFolder = new Map<string, number>();
  for (const { pass, files, written } of works) {
    if (files.length === 0) continue;
    const reads = sourcesOf(pass, files).reduce(
      (sum, id) => sum + (sources.get(id)?.bytes ?? 0),
      0,
    );
    let writes = 0;
    for (const { task, size } of files) {
      const left = size - (written.get(task.path) ?? 0);
      const folder = dirname(task.path);
      writes += left;
      perFolder.set(folder, (perFolder.get(folder) ?? 0) + left);
    }
    const largest = Math.max(...files.map(({ size }) => size));
    // Writing and validating follow each other. A file is validated in memory, where the system maps it.
    const writing = ports.writingMemory(files.map(({ request }) => request.plan));
    peakMemoryBytes = Math.max(peakMemoryBytes, writing, largest + validationBytes);
    readsBytes += reads;
    writesBytes += writes;
    // Of an interrupted run the part that is left.
    const all = files.reduce((sum, { size }) => sum + size, 0);
    const whole = await ports.writingSeconds(files.map(({ request }) => request.plan));
    const own = whole === undefined ? undefined : (whole * writes) / Math.max(1, all);
    seconds = own === undefined || seconds === undefined ? undefined : seconds + own;
  }
  const estimated =
    seconds === undefined || measuring.seconds === undefined
      ? undefined
      : seconds + measuring.seconds;
  const { folder, bytes } = measuring.temporary;
  if (bytes > 0) perFolder.set(folder, (perFolder.get(folder) ?? 0) + bytes);
  return {
    readsBytes,
    writesBytes,
    disks: await disksOf(perFolder),
    peakMemoryBytes,
    freeMemoryBytes: await availableMemory(),
    ...(estimated === undefined ? {} : { estimatedSeconds: estimated }),
  };
}

/** Ids of the sources that writing these files reads. */
function sourcesOf({ model, imatrix }: PlannedPass, files: readonly LaidOut[]): string[] {
  const nodes = [
    model.base,
    ...(model.merge?.adapters ?? []),
    ...(imatrix === undefined ? [] : [imatrix]),
    ...files.flatMap(({ task }) => task.output.adapters),
  ];
  return [...new Set(nodes.map(({ id }) => id))];
}

/** Folders joined by the file system that they lie, or will lie, on. */
async function disksOf(perFolder: ReadonlyMap<string, number>): Promise<BuildPlan['disks']> {
  const disks = new Map<number, { path: string; writesBytes: number; freeBytes: number }>();
  for (const [folder, bytes] of perFolder) {
    const place = await existing(folder);
    const { dev } = await stat(place);
    const disk = disks.get(dev);
    if (disk !== undefined) {
      disk.writesBytes += bytes;
      continue;
    }
    const { bavail, bsize, blocks } = await statfs(place);
    // Some network and user-space file systems do not tell; nothing is claimed about those.
    if (blocks > 0) disks.set(dev, { path: place, writesBytes: bytes, freeBytes: bavail * bsize });
  }
  return [...disks.values()];
}

/** The folder, or the nearest above it that is there already. */
async function existing(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    (status) => status.isDirectory(),
    () => false,
  );
  const parent = dirname(folder);
  return isThere || parent === folder ? folder : existing(parent);
}

/** Linux counts reclaimable cache as available; `freemem` does not. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}
