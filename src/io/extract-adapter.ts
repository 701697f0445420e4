// An adapter that rides in a bundle's tail, taken out to a file of its own, because llama.cpp opens adapters by path. It joins
// what the studio keeps to be quicker, under the one limit of it.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openMember } from '#src/formats/bundle/read-bundle.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { adapterCacheFolder } from './adapter-cache.ts';
import { keepCacheLimit } from './cache-entries.ts';
import { rememberUse } from './cache-use.ts';
import { openFileByteSource } from './file-byte-source.ts';
import { toIoError } from './io-error.ts';
import { sha256OfSource } from './sha256.ts';
import { ensureOwnFolder } from './studio-home.ts';

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
  // What has just been taken out is young, and stays.
  if (folder === adapterCacheFolder()) await keepCacheLimit().catch(() => 0);
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
