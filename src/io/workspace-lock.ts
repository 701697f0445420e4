// Who has a workspace open: one small file per process in `<workspace>/.gguf-studio`. Nothing is refused because of it; the
// window says that another studio is there too.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { toIoError } from './io-error.ts';
import { makeFolder } from './make-folder.ts';

export interface WorkspaceLock {
  /** Process ids of others that have the workspace open now. */
  others(): Promise<readonly number[]>;
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** See startTimeOf: process numbers are used again. */
  readonly startedAt: string;
}

/** A folder of ours holds a handful of these. */
const maximumFiles = 200;
let counter = 0;

/** Says that this process has the workspace open. Throws `io/failed` where nothing can be written. */
export async function takeWorkspaceLock(folder: string): Promise<WorkspaceLock> {
  const place = join(folder, '.gguf-studio');
  const host = hostname();
  const name = `open-${process.pid}-${counter++}.json`;
  const path = join(place, name);
  await makeFolder(place);
  const owner: Owner = { pid: process.pid, host, startedAt: await startTimeOf(process.pid) };
  await writeFile(path, JSON.stringify(owner)).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return {
    async others() {
      const names = await readdir(place).catch(() => []);
      const locks = names.filter((other) => /^open-\d+-\d+\.json$/.test(other) && other !== name);
      const pids: number[] = [];
      for (const lock of locks.slice(0, maximumFiles)) {
        const other = await readOwner(join(place, lock));
        if (other === undefined) continue;
        if (await isAlive(other)) pids.push(other.pid);
        else await rm(join(place, lock), { force: true }).catch(() => undefined);
      }
      return pids;
    },
    release: () => rm(path, { force: true }).catch(() => undefined),
  };
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    const { pid, host, startedAt } = value ?? {};
    if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return undefined;
    return { pid: pid as number, host: String(host), startedAt: String(startedAt) };
  } catch {
    return undefined;
  }
}

/** A process of another machine (a shared disk) cannot be asked and counts as alive. */
async function isAlive({ pid, host, startedAt }: Owner): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return (await startTimeOf(pid)) === startedAt;
}

/** Start in clock ticks since boot (proc(5), field 22 of stat); empty where there is no /proc, and for the dead. */
async function startTimeOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field, the command, is in parentheses and may hold spaces.
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? '' : (fields[18] ?? '');
}
