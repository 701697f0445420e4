// What interrupted work leaves behind: partial and rejected outputs in workspaces, short-lived files of processes that are
// gone, and (when asked for) the caches of adapters and importance matrices. Only folders that are ours are looked into: workspaces and
// folders that carry our mark. Links are never followed.
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { adapterCacheFolder } from './adapter-cache.ts';
import { toIoError } from './io-error.ts';
import { matrixFolder } from './matrix-folder.ts';
import { journalPathOf, partialPathOf } from './output-file.ts';
import { takeOutputLock } from './output-lock.ts';
import { isOwnFolder, studioHome } from './studio-home.ts';
import type { Workspace } from './workspace.ts';

export interface Leftover {
  readonly path: string;
  readonly kind: 'partial' | 'rejected' | 'temporary' | 'cache';
  readonly bytes: number;
  /** Deleted together with it: a partial's journal. */
  readonly companions: readonly string[];
}

export interface LeftoverOptions {
  readonly workspaces: readonly Workspace[];
  readonly home?: string;
  /** The caches too: extracted and converted adapters, collected importance matrices. */
  readonly cache?: boolean;
}

/** Deep enough for any sensible layout of outputs. */
const deepestFolder = 8;

/** Finds leftovers; deletes nothing. Outputs that a live process is writing are left out. */
export async function findLeftovers(options: LeftoverOptions): Promise<Leftover[]> {
  const home = options.home ?? studioHome();
  const found: Leftover[] = [];
  for (const { outputFolder } of options.workspaces) {
    found.push(...(await leftoversOfOutputs(outputFolder, 0)));
  }
  found.push(...(await leftoversOfTemporary(join(home, 'temporary'))));
  found.push(...(await leftoversOfCache(adapterCacheFolder(home), options.cache === true, false)));
  // A matrix that a build is collecting has a lock; an adapter is converted in a folder of its own.
  found.push(...(await leftoversOfCache(matrixFolder(home), options.cache === true, true)));
  return found;
}

/** Deletes one leftover; false when a process took it up meanwhile. Throws `io/failed`. */
export async function removeLeftover(item: Leftover): Promise<boolean> {
  const output = item.path.replace(/\.partial$/, '');
  const isOutput = item.companions.length > 0;
  const lock = isOutput
    ? await takeOutputLock(`${item.path}.lock`, output).catch((error: unknown) => {
        if (error instanceof StudioError && error.code === 'build/locked') return undefined;
        throw error;
      })
    : undefined;
  if (isOutput && lock === undefined) return false;
  try {
    for (const path of [item.path, ...item.companions]) {
      await rm(path, { recursive: true, force: true });
    }
  } catch (error) {
    throw toIoError(error, item.path);
  } finally {
    await lock?.release();
  }
  return true;
}

async function leftoversOfCache(
  folder: string,
  whole: boolean,
  locked: boolean,
): Promise<Leftover[]> {
  if (!(await isOwnFolder(folder))) return [];
  const found: Leftover[] = [];
  const pattern = whole ? /\.(gguf|partial)$/ : /\.partial$/;
  for (const name of (await entriesOf(folder)).filter((one) => pattern.test(one))) {
    const path = join(folder, name);
    if (name.endsWith('.gguf')) {
      found.push(...(await leftover(path, 'cache')));
      continue;
    }
    const output = path.slice(0, -'.partial'.length);
    if (locked && (await isBeingWritten(output))) continue;
    found.push(...(await leftover(path, 'partial', locked ? [journalPathOf(output)] : [])));
  }
  return found;
}

async function leftoversOfOutputs(folder: string, depth: number): Promise<Leftover[]> {
  if (depth > deepestFolder) return [];
  const found: Leftover[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await leftoversOfOutputs(path, depth + 1)));
    if (!entry.isFile()) continue;
    if (entry.name.endsWith('.gguf.rejected')) found.push(...(await leftover(path, 'rejected')));
    if (!entry.name.endsWith('.gguf.partial')) continue;
    const output = path.slice(0, -'.partial'.length);
    if (await isBeingWritten(output)) continue;
    found.push(...(await leftover(path, 'partial', [journalPathOf(output)])));
  }
  return found;
}

/** Looks at the lock without taking it: listing must not get into the way of a run that starts. */
async function isBeingWritten(output: string): Promise<boolean> {
  const text = await readFile(`${partialPathOf(output)}.lock`, 'utf8').catch(() => '{}');
  const processId = /"pid":(\d+)/.exec(text)?.[1];
  return processId !== undefined && isAlive(Number(processId));
}

/** Names end with the process that made them: `plan-123-0.gguf`, `build-123-1f2e3d4c`. */
async function leftoversOfTemporary(folder: string): Promise<Leftover[]> {
  if (!(await isOwnFolder(folder))) return [];
  const found: Leftover[] = [];
  for (const name of await entriesOf(folder)) {
    const owner = /^[a-z]+-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    found.push(...(await leftover(join(folder, name), 'temporary')));
  }
  return found;
}

async function leftover(
  path: string,
  kind: Leftover['kind'],
  companions: readonly string[] = [],
): Promise<Leftover[]> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || status.isSymbolicLink()) return [];
  const bytes = status.isDirectory() ? await folderBytes(path, 0) : status.blocks * 512;
  return [{ path, kind, bytes, companions }];
}

/** Bytes on the disk; partial files are sparse. */
async function folderBytes(folder: string, depth: number): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < deepestFolder) bytes += await folderBytes(path, depth + 1);
    else bytes += (await lstat(path)).blocks * 512;
  }
  return bytes;
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw toIoError(error, folder);
  });
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
