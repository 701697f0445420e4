// Who owns a lock file: a process, told apart from a later one that got the same number by when it started. Output locks
// and the job store ask here whether an owner still lives.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

export interface ProcessOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: process numbers are used again. */
  readonly startedAt: string;
}

/** This process, as it signs its lock files. */
export function thisProcess(): ProcessOwner {
  return { pid: process.pid, host: hostname(), startedAt: startTimeOf(process.pid) };
}

/** The owner that a lock file names; undefined for one that is missing or torn. */
export async function readOwner(path: string): Promise<ProcessOwner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    const value = JSON.parse(text) as Partial<ProcessOwner> | null;
    if (typeof value?.pid !== 'number' || !Number.isInteger(value.pid) || value.pid <= 0) {
      return undefined;
    }
    return { pid: value.pid, host: String(value.host), startedAt: String(value.startedAt) };
  } catch {
    return undefined;
  }
}

/** A process of another machine (a shared disk) cannot be asked and counts as alive. */
export function isAlive({ pid, host, startedAt }: ProcessOwner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTimeOf(pid) === startedAt;
}

/** True for another process of this machine that lives; one of another machine cannot be asked. */
export function isAnotherHere(owner: ProcessOwner): boolean {
  const own = thisProcess();
  if (owner.host !== own.host) return false;
  return (owner.pid !== own.pid || owner.startedAt !== own.startedAt) && isAlive(owner);
}

/** True while the owner that a lock file names lives. */
export async function isLockHeld(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  return owner !== undefined && isAlive(owner);
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
