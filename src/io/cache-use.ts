// When a file of a cache was used last, as the time of an empty file beside it: the file's own times decide whether its hash
// is still known, and times of access are not kept on every disk.
import { lstat, utimes, writeFile } from 'node:fs/promises';

export function usePathOf(path: string): string {
  return `${path}.used`;
}

/** Says that the file at `path` is used now. Never throws: a read-only disk has no use for the order. */
export async function rememberUse(path: string): Promise<void> {
  const now = new Date();
  const mark = usePathOf(path);
  await utimes(mark, now, now)
    .catch(() => writeFile(mark, '', { flag: 'wx' }))
    .catch(() => undefined);
}

/** Milliseconds since 1970; of a file that was never said to be used, when it was written. */
export async function lastUseOf(path: string): Promise<number> {
  const times = await Promise.all(
    [path, usePathOf(path)].map((one) =>
      lstat(one).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
