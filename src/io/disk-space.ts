// Will the outputs fit? Asked before the first byte is written: a full disk after an hour helps nobody.
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';

export interface SpaceRequest {
  readonly path: string;
  /** Bytes that will be written beyond what is on the disk already. */
  readonly bytes: number;
}

/** Kept free for journals, metadata of the file system and everyone else. */
const reserveBytes = 16 * 1024 * 1024;

/** Throws `io/disk-full` when the outputs of one disk need more than it has; `io/not-found` for missing folders. */
export async function checkDiskSpace(requests: readonly SpaceRequest[]): Promise<void> {
  const disks = new Map<number, { folder: string; bytes: number }>();
  for (const { path, bytes } of requests) {
    const folder = dirname(path);
    const { dev } = await stat(folder).catch((error: unknown) => {
      throw toIoError(error, folder);
    });
    const disk = disks.get(dev) ?? { folder, bytes: 0 };
    disk.bytes += bytes;
    disks.set(dev, disk);
  }
  for (const { folder, bytes } of disks.values()) {
    const { blocks, bavail, bsize } = await statfs(folder);
    // Some network and user-space file systems do not tell.
    if (blocks === 0) continue;
    const free = bavail * bsize;
    if (free >= bytes + reserveBytes) continue;
    throw new StudioError(
      'io/disk-full',
      `The outputs need ${size(bytes)} in ${folder} and ${size(reserveBytes)} have to stay free, but only ${size(free)} are: ${size(bytes + reserveBytes - free)} are missing.`,
      {
        hint: 'Free some space, write to another disk, or make fewer levels.',
        details: { folder, neededBytes: bytes, freeBytes: free },
      },
    );
  }
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
