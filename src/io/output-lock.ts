// A lock file beside an output, so that two runs never write the same file at once. It names its owner: the lock of a
// process that is gone is taken over, a live one is an error that says who holds it.
import { link, open, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { isAlive, readOwner, thisProcess } from './process-owner.ts';

export interface OutputLock {
  release(): Promise<void>;
}

let counter = 0;
/** A takeover lasts microseconds; a guard older than this belongs to a process that was killed in that moment. */
const guardLifetimeMs = 10_000;

/** Takes the lock file at `path`. Throws `build/locked` while another live run (of this process, too) holds it. */
export async function takeOutputLock(path: string, output: string): Promise<OutputLock> {
  const mine = `${path}.${process.pid}.${counter++}`;
  try {
    await writeFile(mine, JSON.stringify(thisProcess()), { flag: 'wx' });
    // A link appears with its whole content at once, which creating and then writing would not.
    if (!(await linked(mine, path))) {
      await takeOver(path, output);
      if (!(await linked(mine, path))) throw await lockedBy(path, output);
    }
  } catch (error) {
    throw toIoError(error, output);
  } finally {
    await rm(mine, { force: true });
  }
  return {
    release: () => unlink(path).catch(() => undefined),
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone; throws `build/locked` when its owner lives. */
async function takeOver(path: string, output: string): Promise<void> {
  const guard = `${path}.takeover`;
  const age = await stat(guard).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > guardLifetimeMs) await rm(guard, { force: true });
  // Two runs that find the same dead lock must not remove each other's new one: only the holder of the guard looks again
  // and removes.
  const handle = await open(guard, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) throw await lockedBy(path, output);
  try {
    const owner = await readOwner(path);
    if (owner !== undefined && isAlive(owner)) throw await lockedBy(path, output);
    await rm(path, { force: true });
  } finally {
    await handle.close();
    await rm(guard, { force: true });
  }
}

async function lockedBy(path: string, output: string): Promise<StudioError> {
  const owner = await readOwner(path);
  const who = owner === undefined ? 'another run' : `process ${owner.pid} on ${owner.host}`;
  return new StudioError('build/locked', `${output} is being written by ${who}.`, {
    hint: `Wait for it to end or cancel it. If it is not running any more, remove ${path}.`,
    details: { lock: path, ...(owner === undefined ? {} : { pid: owner.pid, host: owner.host }) },
  });
}
