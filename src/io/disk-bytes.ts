// How much a file or folder takes on the disk: partial files are sparse, and small files take whole blocks.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Deep enough for everything that the app makes. */
const deepestFolder = 8;

/** Links are not followed; what cannot be looked at counts nothing. */
export async function diskBytes(path: string, depth = 0): Promise<number> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return 0;
  // Windows tells no blocks.
  const own = status.blocks > 0 || status.size === 0 ? status.blocks * 512 : status.size;
  if (!status.isDirectory() || depth > deepestFolder) return own;
  let bytes = 0;
  for (const name of await readdir(path).catch(() => [])) {
    bytes += await diskBytes(join(path, name), depth + 1);
  }
  return bytes;
}
