// Leftovers of the studio's own folder: short-lived files of processes that are gone, records of files that are gone, logs of
// jobs that ended long ago, and small files whose writer was killed.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leftover } from '#src/contract/leftovers.ts';
import { diskBytes } from './disk-bytes.ts';
import { toIoError } from './io-error.ts';
import { isEnded, jobFiles, jobIdPattern, readJob } from './job-store-files.ts';
import { atomicPartial, isOld } from './leftovers-of-workspace.ts';
import { journalPathOf } from './output-file.ts';
import { ownFolderInside, realFolderInside } from './own-folder-inside.ts';
import { isLockHeld } from './process-owner.ts';

/** Jobs are kept in the list; what they said step by step is not read any more. */
const logMilliseconds = 30 * 24 * 3_600_000;

/** Folders of the home that hold small files, written whole; `true` where each has folders of its own. */
const recordFolders: readonly (readonly [names: readonly string[], nested: boolean])[] = [
  [['store', 'records'], false],
  [['store', 'hashes'], false],
  [['store', 'manifests'], false],
  [['jobs'], true],
  [['drafts'], true],
  [['measurements'], true],
];

/** Only what lies in marked folders, or has a name that only the app gives. Throws I/O errors. */
export async function leftoversOfHome(home: string, signal?: AbortSignal): Promise<Leftover[]> {
  const parts = [
    () => leftoversOfTemporary(home),
    () => leftoversOfRecords(home, signal),
    () => leftoversOfJobs(home, signal),
    () => unfinishedAdapters(home),
    () => unfinishedMatrices(home),
    () => halfWritten(home, signal),
  ];
  const found: Leftover[] = [];
  for (const part of parts) {
    signal?.throwIfAborted();
    found.push(...(await part()));
  }
  return found;
}

/** Names end with the process that made them: `plan-123-0.gguf`, `build-123-1f2e3d4c`. */
async function leftoversOfTemporary(home: string): Promise<Leftover[]> {
  const folder = await ownFolderInside(home, 'temporary');
  const found: Leftover[] = [];
  for (const name of await namesIn(folder)) {
    const owner = /^[a-z]+-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    found.push(...(await leftover(join(folder ?? '', name), 'temporary')));
  }
  return found;
}

/** A record whose file is gone says nothing any more; one of a file that changed is dropped by the next build of it. */
async function leftoversOfRecords(home: string, signal?: AbortSignal): Promise<Leftover[]> {
  const folder = await ownFolderInside(home, 'store', 'records');
  const found: Leftover[] = [];
  for (const name of await namesIn(folder)) {
    if (!/^[0-9a-f]{64}\.[0-9a-f]{24}\.json$/.test(name)) continue;
    signal?.throwIfAborted();
    const path = join(folder ?? '', name);
    const file = await recordedPath(path);
    if (file !== undefined && (await isGone(file))) found.push(...(await leftover(path, 'record')));
  }
  return found;
}

async function recordedPath(path: string): Promise<string | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as { path?: unknown } | null;
    return typeof value?.path === 'string' ? value.path : undefined;
  } catch {
    return undefined;
  }
}

/** Only a file that is known to be missing: a disk that is not there now may come back. */
async function isGone(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
}

async function leftoversOfJobs(home: string, signal?: AbortSignal): Promise<Leftover[]> {
  const folder = await ownFolderInside(home, 'jobs');
  const found: Leftover[] = [];
  for (const id of await namesIn(folder)) {
    if (folder === undefined || !jobIdPattern.test(id)) continue;
    signal?.throwIfAborted();
    const files = jobFiles(folder, id);
    if ((await lstat(files.folder).catch(() => undefined))?.isDirectory() !== true) continue;
    if (await isGone(files.job)) {
      // Killed in the moment between making the folder and writing the job.
      const isAbandoned = (await isOld(files.folder)) && !(await isLockHeld(files.lock));
      if (isAbandoned) found.push(...(await leftover(files.folder, 'temporary')));
      continue;
    }
    if (!(await isOld(files.journal, logMilliseconds))) continue;
    const job = await readJob(folder, id);
    if (job !== undefined && (isEnded(job.state) || job.state === 'interrupted')) {
      found.push(...(await leftover(files.journal, 'log')));
    }
  }
  return found;
}

/** `sha256.uuid.partial`: an extraction lasts seconds to minutes, and nobody goes on with a broken one. */
async function unfinishedAdapters(home: string): Promise<Leftover[]> {
  const folder = await ownFolderInside(home, 'cache', 'adapters');
  const found: Leftover[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder ?? '', name);
    if (name.endsWith('.partial') && (await isOld(path))) {
      found.push(...(await leftover(path, 'partial')));
    }
  }
  return found;
}

async function unfinishedMatrices(home: string): Promise<Leftover[]> {
  const folder = await ownFolderInside(home, 'matrices');
  const found: Leftover[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder ?? '', name);
    if (!name.endsWith('.gguf.partial') || (await isLockHeld(`${path}.lock`))) continue;
    found.push(...(await leftover(path, 'partial', [journalPathOf(path.slice(0, -8))])));
  }
  return found;
}

async function halfWritten(home: string, signal?: AbortSignal): Promise<Leftover[]> {
  const found: Leftover[] = [];
  const look = async (folder: string | undefined) => {
    for (const name of await namesIn(folder)) {
      const path = join(folder ?? '', name);
      if (!atomicPartial.test(name) || !(await isOld(path))) continue;
      found.push(...(await leftover(path, 'partial')));
    }
  };
  await look(await realFolderInside(home));
  for (const [names, isNested] of recordFolders) {
    signal?.throwIfAborted();
    const folder = await realFolderInside(home, ...names);
    await look(folder);
    if (!isNested) continue;
    for (const name of await namesIn(folder)) {
      await look(await realFolderInside(home, ...names, name));
    }
  }
  return found;
}

async function leftover(
  path: string,
  kind: Leftover['kind'],
  companions: string[] = [],
): Promise<Leftover[]> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || status.isSymbolicLink()) return [];
  return [{ path, kind, bytes: await diskBytes(path), companions }];
}

async function namesIn(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  return readdir(folder).catch((error: unknown) => {
    throw toIoError(error, folder);
  });
}

/** A number that another process has now counts as running: its owner is then cleaned up later. */
function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
