// A build's own folder for short-lived files (adapters converted for a bundle). Marked as ours, removed at the end, and
// nothing without that mark is ever removed.
import { randomUUID } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { invariant } from '#src/errors/assert.ts';
import { ensureOwnFolder, isOwnFolder, studioHome } from '#src/io/studio-home.ts';

export interface JobFolder {
  /** The folder's path, made at the first call. */
  path(): Promise<string>;
  /** Removes the folder and what is in it, if it was made. */
  remove(): Promise<void>;
}

/** Prepares a folder under `$GGUF_STUDIO_HOME/temporary`, named after this process. */
export function openJobFolder(home = studioHome()): JobFolder {
  const parent = join(home, 'temporary');
  const folder = join(parent, `build-${process.pid}-${randomUUID().slice(0, 8)}`);
  let made: Promise<string> | undefined;
  const make = async () => {
    await ensureOwnFolder(parent);
    return ensureOwnFolder(folder);
  };
  return {
    path: () => (made ??= make()),
    async remove() {
      if (made === undefined) return;
      await made;
      await removeOwnFolder(folder, parent);
    },
  };
}

/** Removes a folder that carries our mark and lies directly inside `parent`, links resolved; refuses any other. */
export async function removeOwnFolder(folder: string, parent: string): Promise<void> {
  const real = await realpath(folder);
  const place = relative(await realpath(parent), real);
  invariant(/^[^./\\][^/\\]*$/.test(place), `${folder} lies directly inside ${parent}`);
  invariant(await isOwnFolder(real), `${folder} was made by GGUF Studio`);
  await rm(real, { recursive: true, force: true });
}
