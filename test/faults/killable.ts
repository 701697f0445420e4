// Programs that are killed with all their hosts, and what may then lie on the disk.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Killable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; text: string }>;
  text(): string;
  /** SIGKILL to the program alone (its hosts see that it is gone) or to all of them at the same moment. */
  kill(everything: boolean): void;
}

export function startKillable(
  words: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Killable {
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { ...process.env, GGUF_STUDIO_HOME: join(folder, 'home'), NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  }
  const ended = new Promise<{ code: number | null; text: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, text })),
  );
  return {
    child,
    ended,
    text: () => text,
    kill(everything) {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(everything ? -child.pid : child.pid, 'SIGKILL');
      } catch {
        // It ended in this moment.
      }
    },
  };
}

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Most memory that a process has had, in bytes (Linux); 0 where the system does not tell. */
export function peakMemory(processId: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(processId)}/status`, 'utf8'))?.[1] ?? 0) * 1024; // prettier-ignore
  } catch {
    return 0;
  }
}

/** Milliseconds that a process has computed (Linux); undefined where the system does not tell, or it is gone. */
function computed(processId: number | undefined): number | undefined {
  try {
    const text = readFileSync(`/proc/${String(processId)}/stat`, 'utf8');
    // Behind the name, which may hold anything; in hundredths of a second.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

/** What nothing may take: milliseconds of computing, and of waiting for whatever else the machine does. */
export const longest = 5_000;
const longestWait = 60_000;

/** Gives 'hangs' when a process computes for too long, or has not answered in a time that no busy machine explains. */
export async function orHangs<Value>(
  answer: Promise<Value>,
  processId: () => number | undefined,
): Promise<Value | 'hangs'> {
  const first = processId();
  const before = computed(first) ?? 0;
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<'hangs'>((resolve) => {
    timer = setInterval(() => {
      const waited = performance.now() - start;
      if (waited < longest) return;
      const now = processId();
      // Another process in its place began at zero.
      const used = (computed(now) ?? waited) - (now === first ? before : 0);
      if (used > longest || waited > longestWait) resolve('hangs');
    }, 250);
  });
  try {
    return await Promise.race([answer, hang]);
  } finally {
    clearInterval(timer);
  }
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Names that say of themselves that a file is not finished. */
const unfinished = /\.partial(?:\.journal|\.lock(?:\.\d+\.\d+|\.takeover)?)?$/;

/** Relative path -> SHA-256 of every file under a final name; `unfinished` are the others. */
export function finalFiles(folder: string): { files: Map<string, string>; unfinished: string[] } {
  const files = new Map<string, string>();
  const rest: string[] = [];
  if (!existsSync(folder)) return { files, unfinished: rest };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    if (unfinished.test(name)) rest.push(name);
    else files.set(name, sha256Of(path));
  }
  return { files, unfinished: rest.sort() };
}
