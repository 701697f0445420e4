// A lock file beside an output, so that two runs never write the same file at once. It names its owner: the lock of a
// process that is gone is taken over, a live one is an error that says who holds it.
import { link, open, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';

export interface OutputLock {
  release(): Promise<void>;
}

interface Owner {
  pid: number;
  host: string;
  /** When the process started, where the system tells: process numbers are used again. */
  startedAt: string;
}

let counter = 0;
/** A takeover lasts microseconds; a guard older than this belongs to a process that was killed in that moment. */
const guardLifetimeMs = 10_000;

/** Takes the lock file at `path`. Throws `build/locked` while another live run (of this process, too) holds it. */
export async function takeOutputLock(path: string, output: string): Promise<OutputLock> {
  const mine = `${path}.${process.pid}.${counter++}`;
  const owner: Owner = { pid: process.pid, host: hostname(), startedAt: startTimeOf(process.pid) };
  try {
    await writeFile(mine, JSON.stringify(owner), { flag: 'wx' });
    // A link appears with its whole content at once, which creating and then writing would not.
    if (!(await linked(mine, path))) {
      await takeOver(path, output);
      if (!(await linked(mine, path))) throw await lockedBy(path, output);
    }
  } catch (error) {
    throw toIoError(error, path);
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

async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    const value = JSON.parse(text) as Partial<Owner> | null;
    if (typeof value?.pid !== 'number' || !Number.isInteger(value.pid) || value.pid <= 0) {
      return undefined;
    }
    return { pid: value.pid, host: String(value.host), startedAt: String(value.startedAt) };
  } catch {
    return undefined;
  }
}

/** A process of another machine (a shared disk) cannot be asked and counts as alive. */
function isAlive({ pid, host, startedAt }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTimeOf(pid) === startedAt;
}

/**
 * The process's start in clock ticks since boot (proc(5), field 22 of stat); empty where there is no /proc, and for
 * processes that have ended but that no parent has asked after.
 */
function startTimeOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command, is in parentheses and may hold spaces.
    const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? '' : (fields[18] ?? '');
  } catch {
    return '';
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
