// A build's own folder for short-lived files (adapters converted for a bundle). Marked as ours, removed at the end, and
// nothing without that mark is ever removed.
import { randomUUID } from 'node:crypto';
import { readdir, realpath, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { invariant } from '#src/errors/assert.ts';
import { ensureOwnFolder, isOwnFolder, studioHome } from '#src/io/studio-home.ts';

export interface JobFolder {
  /** A path for a new file, `<what>-<number>.gguf`; the folder is made at the first call. */
  newFile(what: string): Promise<string>;
  /** Ends the job: removes the folder and what is in it; gives its path where it was made and is kept. */
  close(): Promise<string | undefined>;
}

/**
 * Prepares a folder under `$GGUF_STUDIO_HOME/temporary`, named after this process. With `keep` it is not removed, neither
 * at the end nor by a later build; `clean` does that.
 */
export function openJobFolder(keep: boolean, home = studioHome()): JobFolder {
  const parent = join(home, 'temporary');
  const kind = keep ? 'kept' : 'build';
  const folder = join(parent, `${kind}-${process.pid}-${randomUUID().slice(0, 8)}`);
  let made: Promise<string> | undefined;
  let count = 0;
  const make = async () => {
    await ensureOwnFolder(parent);
    await removeLeftovers(parent);
    return ensureOwnFolder(folder);
  };
  return {
    async newFile(what) {
      const name = `${what}-${++count}.gguf`;
      return join(await (made ??= make()), name);
    },
    async close() {
      if (made === undefined) return undefined;
      await made;
      if (keep) return folder;
      await removeOwnFolder(folder, parent);
      return undefined;
    },
  };
}

/** Folders of builds that were killed: their process is gone. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(/^build-(\d+)-[0-9a-f]{8}$/.exec(name)?.[1]);
    if (!Number.isSafeInteger(pid) || isRunning(pid)) continue;
    // Another build may be removing it at the same moment.
    await removeOwnFolder(join(parent, name), parent).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes a folder that carries our mark and lies directly inside `parent`, links resolved; refuses any other. */
export async function removeOwnFolder(folder: string, parent: string): Promise<void> {
  const real = await realpath(folder);
  const place = relative(await realpath(parent), real);
  invariant(/^[^./\\][^/\\]*$/.test(place), `${folder} lies directly inside ${parent}`);
  invariant(await isOwnFolder(real), `${folder} was made by GGUF Studio`);
  await rm(real, { recursive: true, force: true });
}
