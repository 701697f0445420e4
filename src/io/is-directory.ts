// Whether a path is a folder, with the usual words when it is not there at all.
import { stat } from 'node:fs/promises';
import { toIoError } from './io-error.ts';

/** Throws `io/not-found` and `io/failed`. */
export async function isDirectory(path: string): Promise<boolean> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return status.isDirectory();
}
