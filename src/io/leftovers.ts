// What interrupted work leaves behind, and what the app keeps beyond its limit (`clean`, and the window). Only what the app
// made in its own places is looked at: marked folders of its home, and workspaces. Links are never followed, neither in
// finding nor in deleting.
import { lstat, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Leftover } from '#src/contract/leftovers.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { beyondLimit, cacheEntries } from './cache-entries.ts';
import { lastUseOf } from './cache-use.ts';
import { toIoError } from './io-error.ts';
import { jobIdPattern } from './job-store-files.ts';
import { leftoversOfHome } from './leftovers-of-home.ts';
import { leftoversOfWorkspace } from './leftovers-of-workspace.ts';
import { journalPathOf } from './output-file.ts';
import { takeOutputLock, type OutputLock } from './output-lock.ts';
import { readSettings } from './settings-file.ts';
import { studioHome } from './studio-home.ts';
import type { Workspace } from './workspace.ts';

export type { Leftover } from '#src/contract/leftovers.ts';

export interface LeftoverOptions {
  readonly workspaces: readonly Pick<Workspace, 'folder' | 'outputFolder'>[];
  readonly home?: string;
  /** All of the caches, not only what is beyond their limit. */
  readonly cache?: boolean;
  /** Most bytes that the caches may take. Absent: the settings' `cacheLimitBytes`. */
  readonly cacheLimit?: number;
  readonly signal?: AbortSignal;
}

/**
 * Finds leftovers; deletes nothing. Outputs that a live process writes are left out. Paths are real ones (no links). Throws
 * I/O errors and `signal.reason`.
 */
export async function findLeftovers(options: LeftoverOptions): Promise<Leftover[]> {
  const home = options.home ?? studioHome();
  const found: Leftover[] = [];
  for (const workspace of options.workspaces) {
    found.push(...(await leftoversOfWorkspace(workspace, options.signal)));
  }
  found.push(...(await leftoversOfHome(home, options.signal)));
  const limit = options.cacheLimit ?? (await readSettings(home)).settings.cacheLimitBytes;
  const entries = await cacheEntries(home);
  const gone = options.cache === true ? entries : beyondLimit(entries, limit);
  for (const { companions, ...entry } of gone) {
    found.push({ ...entry, kind: 'cache', companions: [...companions] });
  }
  // A workspace may lie in another, and the embedded one lies in the home.
  return [...new Map(found.map((item) => [item.path, item])).values()];
}

/**
 * Deletes one that findLeftovers gave, as it is: false when it is gone, was taken up by a process meanwhile, or when its
 * folder is not the one that was looked at (a link took its place). Throws `io/failed`.
 */
export async function removeLeftover(item: Leftover): Promise<boolean> {
  const status = await lstat(item.path).catch(() => undefined);
  if (status === undefined || status.isSymbolicLink()) return false;
  const folder = dirname(item.path);
  if ((await realpath(folder).catch(() => undefined)) !== folder) return false;
  if (item.companions.some((path) => dirname(path) !== folder)) return false;
  if (item.usedAt !== undefined && (await usedSince(item.path, item.usedAt))) return false;
  const lockPath = lockPathOf(item);
  const lock = lockPath === undefined ? undefined : await lockOrNothing(lockPath, item.path);
  if (lockPath !== undefined && lock === undefined) return false;
  try {
    for (const path of [item.path, ...item.companions]) {
      await rm(path, { recursive: true, force: true });
    }
    return true;
  } catch (error) {
    throw toIoError(error, item.path);
  } finally {
    await lock?.release();
  }
}

/** What a run would hold if it took the item up: of an output, or of a job. */
function lockPathOf({ path, kind, companions }: Leftover): string | undefined {
  const output = path.replace(/\.partial$/, '');
  if (companions.includes(journalPathOf(output))) return `${path}.lock`;
  if (kind === 'log') return join(dirname(path), 'lock');
  return jobIdPattern.test(basename(path)) && basename(dirname(path)) === 'jobs'
    ? join(path, 'lock')
    : undefined;
}

async function lockOrNothing(path: string, what: string): Promise<OutputLock | undefined> {
  return takeOutputLock(path, what).catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'build/locked') return undefined;
    throw error;
  });
}

async function usedSince(path: string, usedAt: number): Promise<boolean> {
  const about = await lstat(join(path, 'about.json')).catch(() => undefined);
  return (about?.mtimeMs ?? (await lastUseOf(path))) > usedAt;
}
