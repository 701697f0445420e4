// Adapters as the files that llama.cpp opens by path: those inside a bundle, and those that were converted from a PEFT
// folder. Kept in the app's own folder under a hash, so that a second use costs one check; a file whose hash does not fit is
// never handed out.
import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openMember } from '#src/formats/bundle/read-bundle.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { rememberUse } from './cache-use.ts';
import { hashFile } from './file-hash.ts';
import { openFileByteSource } from './file-byte-source.ts';
import { toIoError } from './io-error.ts';
import { sha256OfSource } from './sha256.ts';
import { ensureOwnFolder, studioHome } from './studio-home.ts';

/** The folder that `clean --cache` empties. */
export function adapterCacheFolder(home = studioHome()): string {
  return join(home, 'cache', 'adapters');
}

/** Gives the path of a bundle's adapter, extracted when it is not there yet. Throws `bundle/invalid` and I/O errors. */
export async function extractBundleMember(
  source: ByteSource,
  member: PlacedMember,
  folder = adapterCacheFolder(),
): Promise<string> {
  const path = join(folder, `${member.sha256}.gguf`);
  // Also when it was extracted before: a damaged bundle must not seem sound because of an older copy.
  const slice = await openMember(source, member, sha256OfSource);
  if (await holds(path, member)) {
    await rememberUse(path);
    return path;
  }
  await ensureOwnFolder(folder);
  const partial = join(folder, `${member.sha256}.${randomUUID()}.partial`);
  try {
    await copyTo(partial, slice);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw toIoError(error, path);
  }
  return path;
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

async function holds(path: string, member: PlacedMember): Promise<boolean> {
  const found = await openFileByteSource(path).catch(() => undefined);
  if (found === undefined) return false;
  try {
    return found.size === member.size && (await sha256OfSource(found)) === member.sha256;
  } finally {
    await found.close();
  }
}

async function copyTo(path: string, source: ByteSource): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    const step = 4 << 20;
    for (let offset = 0; offset < source.size; offset += step) {
      const piece = new Uint8Array(Math.min(step, source.size - offset));
      await source.readInto(piece, offset);
      let written = 0;
      while (written < piece.byteLength) {
        written += (await handle.write(piece, written)).bytesWritten;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
