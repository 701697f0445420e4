// Who has a workspace open: one small file per process in `<workspace>/.gguf-studio`. Nothing is refused because of it; the
// window says that another studio is there too.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toIoError } from './io-error.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, readOwner, thisProcess } from './process-owner.ts';

export interface WorkspaceLock {
  /** Process ids of others that have the workspace open now. */
  others(): Promise<readonly number[]>;
  release(): Promise<void>;
}

/** A folder of ours holds a handful of these. */
const maximumFiles = 200;
let counter = 0;

/** Says that this process has the workspace open. Throws `io/failed` where nothing can be written. */
export async function takeWorkspaceLock(folder: string): Promise<WorkspaceLock> {
  const place = join(folder, '.gguf-studio');
  const name = `open-${process.pid}-${counter++}.json`;
  const path = join(place, name);
  await makeFolder(place);
  await writeFile(path, JSON.stringify(thisProcess())).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return {
    async others() {
      const names = await readdir(place).catch(() => []);
      const locks = names.filter((other) => /^open-\d+-\d+\.json$/.test(other) && other !== name);
      const pids: number[] = [];
      for (const lock of locks.slice(0, maximumFiles)) {
        const owner = await readOwner(join(place, lock));
        if (owner === undefined) continue;
        if (isAlive(owner)) pids.push(owner.pid);
        else await rm(join(place, lock), { force: true }).catch(() => undefined);
      }
      return pids;
    },
    release: () => rm(path, { force: true }).catch(() => undefined),
  };
}
