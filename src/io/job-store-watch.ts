// Sees what other processes do in the job store. The system's file events are only a hint to look sooner: they are missing
// on some file systems, and nothing is written when an owner is killed, so everything is also looked at at intervals.
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Job } from '#src/contract/jobs.ts';
import { isEnded, jobFiles, readJob } from './job-store-files.ts';
import { isLockHeld } from './process-owner.ts';

/** `job` is undefined when it was removed. */
export interface JobChange {
  readonly id: string;
  readonly job: Job | undefined;
}

export interface JobWatch {
  /** Resolves when every job that was there has been reported. */
  readonly ready: Promise<void>;
  /** Looks now; resolves when everything that changed has been reported. */
  look(): Promise<void>;
  close(): void;
}

const activeInterval = 400;
const idleInterval = 2000;
/** File events come in bursts. */
const settleInterval = 60;

export function watchJobs(
  folder: string,
  listIds: () => Promise<string[]>,
  onChange: (change: JobChange) => void,
): JobWatch {
  /** Id -> what was seen last: the file's stamp, and whether an owner lived. */
  const seen = new Map<string, string>();
  let isActive = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  let looking: Promise<void> | undefined;

  const lookAt = async (id: string): Promise<void> => {
    const stamp = await stampOf(folder, id, seen.get(id));
    if (stamp === undefined || stamp === seen.get(id) || isClosed) return;
    const job = await readJob(folder, id);
    if (job === undefined) return;
    seen.set(id, isEnded(job.state) ? stamp.replace(activeMark, '') : `${stamp}`);
    if (!isClosed) onChange({ id, job });
  };
  const lookAtAll = async (): Promise<void> => {
    const ids = await listIds();
    for (const id of [...seen.keys()].filter((known) => !ids.includes(known))) {
      seen.delete(id);
      if (!isClosed) onChange({ id, job: undefined });
    }
    for (const id of ids) await lookAt(id);
    isActive = [...seen.values()].some((stamp) => stamp.includes(activeMark));
    // The folder is made with the first job.
    watcher ??= watchFolder(folder, () => plan(settleInterval));
  };
  /** One look at a time: a second one waits for the first and then looks itself. */
  const look = async (): Promise<void> => {
    while (looking !== undefined) await looking;
    if (isClosed) return;
    looking = lookAtAll()
      .catch(() => undefined)
      .finally(() => (looking = undefined));
    await looking;
    plan(isActive || watcher === undefined ? activeInterval : idleInterval);
  };
  let plannedAt = Number.POSITIVE_INFINITY;
  function plan(delay: number): void {
    if (isClosed) return;
    const at = performance.now() + delay;
    if (timer !== undefined && plannedAt <= at) return;
    clearTimeout(timer);
    plannedAt = at;
    timer = setTimeout(() => {
      timer = undefined;
      void look();
    }, delay);
    timer.unref();
  }
  return {
    ready: look(),
    look,
    close() {
      isClosed = true;
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** Marks stamps of jobs that a living process owns: those are looked at more often. */
const activeMark = ' owned';

/** Changes with the state file and, for a job that was not seen ended, with its owner's life. */
async function stampOf(
  folder: string,
  id: string,
  last: string | undefined,
): Promise<string | undefined> {
  const { job, lock } = jobFiles(folder, id);
  const status = await stat(job, { bigint: true }).catch(() => undefined);
  if (status === undefined) return undefined;
  const stamp = `${status.ino} ${status.mtimeNs} ${status.size}`;
  // An ended job that did not change has no owner to ask after.
  if (stamp === last) return stamp;
  return (await isLockHeld(lock)) ? `${stamp}${activeMark}` : stamp;
}

function watchFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
