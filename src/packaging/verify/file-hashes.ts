// Hashes of the files of a package, each read once and in full: a remembered hash would not see a disk that forgets.
import type { EventSink } from '#src/contract/stage-events.ts';
import { hashFile } from '#src/io/file-hash.ts';

export interface FileHashes {
  of(path: string): Promise<string>;
  /** Bytes that were read. */
  readonly bytes: () => number;
}

/** `total`: bytes of all files that will be asked for, for the progress. */
export function openFileHashes(total: number, emit: EventSink, signal: AbortSignal): FileHashes {
  const known = new Map<string, Promise<string>>();
  let done = 0;
  return {
    of(path) {
      const hash =
        known.get(path) ??
        hashFile(path, {
          always: true,
          signal,
          onBytes(count) {
            done += count;
            emit({ event: 'progress', done: Math.min(done, total), total, unit: 'bytes' });
          },
        });
      known.set(path, hash);
      return hash;
    },
    bytes: () => done,
  };
}
