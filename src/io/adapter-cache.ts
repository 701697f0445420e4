// Adapters as the files that llama.cpp opens by path: those taken out of a bundle (extract-adapter.ts), and those that were
// converted from a PEFT folder. Kept in the app's own folder under a hash, so that a second use costs one check; a file whose
// hash does not fit is never handed out.
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { rememberUse } from './cache-use.ts';
import { hashFile } from './file-hash.ts';
import { toIoError } from './io-error.ts';
import { ensureOwnFolder, studioHome } from './studio-home.ts';

/** The folder that `clean --cache` empties. */
export function adapterCacheFolder(home = studioHome()): string {
  return join(home, 'cache', 'adapters');
}

/** Where converted adapters are kept, and where the hashes of files are remembered. */
export interface ConvertedCache {
  readonly folder: string;
  readonly hashes: string;
}

/**
 * The adapter that was kept under `key` (lower-case hexadecimal digits), or undefined. Its name carries the hash of its
 * bytes: one that was damaged since is not given.
 */
export async function findConvertedAdapter(
  key: string,
  { folder, hashes }: ConvertedCache,
): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const sha256 = name.startsWith(`${key}-`)
      ? /-([0-9a-f]{64})\.gguf$/.exec(name)?.[1]
      : undefined;
    if (sha256 === undefined) continue;
    const path = join(folder, name);
    const found = await hashFile(path, { folder: hashes }).catch(() => undefined);
    if (found !== sha256) continue;
    await rememberUse(path);
    return path;
  }
  return undefined;
}

/**
 * Moves a finished file, made in a folder of the same disk, into the cache and gives its path there. Throws I/O errors.
 */
export async function keepConvertedAdapter(
  made: { readonly path: string; readonly sha256: string },
  key: string,
  { folder }: Pick<ConvertedCache, 'folder'>,
): Promise<string> {
  const path = join(await ensureOwnFolder(folder), `${key}-${made.sha256}.gguf`);
  await rename(made.path, path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return path;
}
