// What the app keeps only to be quicker: adapters taken out of bundles or converted, importance matrices that builds
// collected, and the parts of measurements with their references. All of it is made again when needed; together it has one
// limit (settings.json, `cacheLimitBytes`), and what was used longest ago goes first.
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adapterCacheFolder } from './adapter-cache.ts';
import { lastUseOf, usePathOf } from './cache-use.ts';
import { diskBytes } from './disk-bytes.ts';
import { toIoError } from './io-error.ts';
import { matrixFolder } from './matrix-folder.ts';
import { measurementFolder } from './measurement-store.ts';
import { ownFolderInside } from './own-folder-inside.ts';
import { readSettings } from './settings-file.ts';
import { studioHome } from './studio-home.ts';

export interface CacheEntry {
  /** A file, or a folder of a measurement's parts. */
  readonly path: string;
  /** On the disk, with its companions. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  readonly companions: readonly string[];
}

/** Used this recently, an entry may belong to work that runs now: only asking for the whole cache lists it. */
const youngMilliseconds = 3_600_000;

/** Everything in the caches; folders without the app's mark and links are left out. */
export async function cacheEntries(home = studioHome()): Promise<CacheEntry[]> {
  const [adapters, matrices, measurements] = await Promise.all([
    folderOf(home, adapterCacheFolder),
    folderOf(home, matrixFolder),
    folderOf(home, measurementFolder),
  ]);
  const files = [...(await inside(adapters)), ...(await inside(matrices))]
    .filter((entry) => entry.isFile && entry.name.endsWith('.gguf'))
    .map(({ path }) => path);
  const parts = (await inside(measurements))
    .filter(
      ({ name, isFolder }) => isFolder && /^(?:reference|scores|answers)-[0-9a-f]{64}$/.test(name),
    )
    .map(({ path }) => path);
  const entries: CacheEntry[] = [];
  for (const path of files) {
    const companions = [usePathOf(path)];
    const bytes = await diskBytes(path);
    entries.push({ path, bytes, usedAt: await lastUseOf(path), companions });
  }
  for (const path of parts) {
    const usedAt = await modifiedAt(join(path, 'about.json'));
    entries.push({ path, bytes: await diskBytes(path), usedAt, companions: [] });
  }
  return entries;
}

/** Those that have to go so that at most `limit` bytes are left, the one used longest ago first. */
export function beyondLimit(
  entries: readonly CacheEntry[],
  limit: number,
  now = Date.now(),
): CacheEntry[] {
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: CacheEntry[] = [];
  for (const entry of [...entries].sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limit || now - entry.usedAt < youngMilliseconds) break;
    total -= entry.bytes;
    gone.push(entry);
  }
  return gone;
}

/**
 * Removes what is beyond the limit of the settings; gives the bytes that it freed. For those who have just added to a cache.
 * Throws I/O errors.
 */
export async function keepCacheLimit(home = studioHome()): Promise<number> {
  const { settings } = await readSettings(home);
  let freed = 0;
  for (const entry of beyondLimit(await cacheEntries(home), settings.cacheLimitBytes)) {
    await removeCacheEntry(entry);
    freed += entry.bytes;
  }
  return freed;
}

async function removeCacheEntry({ path, companions }: CacheEntry): Promise<void> {
  for (const one of [path, ...companions]) {
    await rm(one, { recursive: true, force: true }).catch((error: unknown) => {
      throw toIoError(error, one);
    });
  }
}

/** Marked, reached without a link. `place` gives a folder of the home that it is asked for. */
function folderOf(home: string, place: (home: string) => string): Promise<string | undefined> {
  return ownFolderInside(home, place('.'));
}

async function inside(folder: string | undefined) {
  if (folder === undefined) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw toIoError(error, folder);
  });
  return entries.map((entry) => ({
    name: entry.name,
    path: join(folder, entry.name),
    isFile: entry.isFile(),
    isFolder: entry.isDirectory(),
  }));
}

async function modifiedAt(path: string): Promise<number> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
