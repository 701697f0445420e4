// Memory that this process may use and what of it is free now. In a container the limit of its control group counts, not
// the machine's memory.
import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

export interface MemoryReading {
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

/** Reads a few lines of /proc and /sys; elsewhere what the system tells Node. */
export async function measureMemory(): Promise<MemoryReading> {
  const [machineFree, limit, used] = await Promise.all([
    availableMemory(),
    groupLimit(),
    groupUse(),
  ]);
  const total = totalmem();
  if (limit === undefined || limit >= total) {
    return { memoryBytes: total, freeMemoryBytes: machineFree };
  }
  const groupFree = used === undefined ? limit : Math.max(0, limit - used);
  return { memoryBytes: limit, freeMemoryBytes: Math.min(machineFree, groupFree) };
}

/** Linux counts reclaimable cache as available; `freemem` does not. */
async function availableMemory(): Promise<number> {
  const text = await readText('/proc/meminfo');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

async function groupLimit(): Promise<number | undefined> {
  const limits = await Promise.all(
    ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].map(readNumber),
  );
  return limits.find((limit) => limit !== undefined && limit > 0);
}

/** What the group holds, less the file cache that it gives back when asked. */
async function groupUse(): Promise<number | undefined> {
  const uses = await Promise.all(
    ['/sys/fs/cgroup/memory.current', '/sys/fs/cgroup/memory/memory.usage_in_bytes'].map(
      readNumber,
    ),
  );
  const used = uses.find((value) => value !== undefined);
  if (used === undefined) return undefined;
  const statistics =
    (await readText('/sys/fs/cgroup/memory.stat')) ||
    (await readText('/sys/fs/cgroup/memory/memory.stat'));
  const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(statistics)?.[1] ?? '0';
  return Math.max(0, used - Number(cache));
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = (await readText(path)).trim();
  return /^\d{1,19}$/.test(text) ? Number(text) : undefined;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
