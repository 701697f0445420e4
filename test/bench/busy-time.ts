// How long a process's event loop was busy, asked from outside: JavaScript that runs between two tokens keeps llama.cpp
// waiting, and that time is hardly disturbed by what else the machine does, unlike the clock.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Node's own option for a host that is measured: asked by a signal, it writes what it used. */
const tellUse = `--import=data:text/javascript,${encodeURIComponent(
  `import { renameSync, writeFileSync } from 'node:fs';
  const path = process.env.STUDIO_BENCH_BUSY;
  process.on('SIGUSR2', () => {
    const { user, system } = process.cpuUsage();
    const busy = performance.eventLoopUtilization().active;
    writeFileSync(path + '.partial', JSON.stringify({ busy, cpu: (user + system) / 1000 }));
    renameSync(path + '.partial', path);
  });`,
)}`;

/** Milliseconds since a process began: of its event loop, and of all its threads on a processor. */
export interface Use {
  readonly busy: number;
  readonly cpu: number;
}

export interface BusyMeter {
  /** For the host that is measured. */
  readonly environment: Readonly<Record<string, string>>;
  use(processId: number): Promise<Use>;
  dispose(): Promise<void>;
}

/** For one host at a time. */
export async function openBusyMeter(): Promise<BusyMeter> {
  const folder = await mkdtemp(join(tmpdir(), 'busy-'));
  const path = join(folder, 'use');
  return {
    environment: { NODE_OPTIONS: tellUse, STUDIO_BENCH_BUSY: path },
    async use(processId) {
      process.kill(processId, 'SIGUSR2');
      while (!existsSync(path)) await setTimeout(1);
      const use = JSON.parse(await readFile(path, 'utf8')) as Use;
      await rm(path);
      return use;
    },
    dispose: () => rm(folder, { recursive: true }),
  };
}

/** The same of this process. */
export function ownUse(): Use {
  const { user, system } = process.cpuUsage();
  return { busy: performance.eventLoopUtilization().active, cpu: (user + system) / 1000 };
}

export function useBetween(before: Use, after: Use): Use {
  return { busy: after.busy - before.busy, cpu: after.cpu - before.cpu };
}

/**
 * Milliseconds that a process's first thread, the one of its event loop, spent on a processor; undefined where the system
 * does not tell (Linux does). Unlike the loop's own figure it does not count while other programs have the core.
 */
export async function mainThreadTime(processId: number): Promise<number | undefined> {
  const path = `/proc/${processId}/task/${processId}/schedstat`;
  const text = await readFile(path, 'utf8').catch(() => '');
  const nanoseconds = /^\d+/.exec(text)?.[0];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
}
