// Small files that must never be seen half-written: records, manifests, settings. Written beside their place under a name
// of their own, flushed, then renamed over it; two writers at once leave one whole file.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toIoError } from './io-error.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Replaces the file at `path`; its folder is made when missing. Throws `io/failed` or `io/disk-full`. Without `flush` a
 * power cut may lose the change: for what is written several times a second beside gigabytes, which a flush would wait for.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  { flush = true }: { readonly flush?: boolean } = {},
): Promise<void> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await makeFolder(dirname(path));
    const handle = await open(partial, 'wx');
    try {
      await handle.writeFile(content);
      if (flush) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw toIoError(error, path);
  }
}
