// Makes folders with the reason when that fails. Node's recursive mkdir says ENOENT where the disk is read-only, which
// would send users looking for a path that cannot exist.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toIoError } from './io-error.ts';

/** Makes a folder and its parents; one that is there already is fine. Throws `io/failed` or `io/disk-full`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw toIoError(await realReason(path, error), path);
  }
}

/** What making the first missing folder alone says. */
async function realReason(path: string, error: unknown): Promise<unknown> {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  let missing = path;
  while (dirname(missing) !== missing && !(await exists(dirname(missing)))) {
    missing = dirname(missing);
  }
  return mkdir(missing).then(
    () => error,
    (reason: unknown) => reason,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
