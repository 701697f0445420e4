// Runs a command as a whole process tree and measures it from outside: wall and CPU time from bash's `time`, peak
// resident memory by sampling /proc, bytes read and written from the kernel's accounting of the finished tree. Linux only.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Measurement {
  wallSeconds: number;
  /** User plus system time of the whole tree. */
  cpuSeconds: number;
  /** Largest sum of resident memory over the tree at one moment, mapped files included. */
  peakResidentBytes: number;
  /** The same without mapped files: what the programs themselves hold. */
  peakAnonymousBytes: number;
  /** Bytes passed through read and write calls; reads of mapped files are not in it. */
  readBytes: number;
  writtenBytes: number;
}

/** Every process below `root`, itself included, from one scan of /proc. */
function processTree(root: number): number[] {
  const parentOf = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parentOf.set(pid, Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // The process ended between the listing and the read.
    }
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parentOf) if (parent === pid) tree.push(child);
  }
  return tree;
}

function residentBytes(pid: number): { total: number; anonymous: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return {
      total: kilobytes('VmRSS') * 1024,
      anonymous: (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024,
    };
  } catch {
    return { total: 0, anonymous: 0 };
  }
}

/** Runs `command` and rejects with its last output lines when it fails. */
export function measureCommand(
  command: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Measurement> {
  const script =
    'TIMEFORMAT="%R %U %S"; { time "$@" >&4 2>&4; } 2>&3; code=$?; cat /proc/$$/io >&3; exit $code';
  const child = spawn('bash', ['-c', script, 'bash', ...command], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    cwd: options.cwd,
  });
  let report = '';
  let output = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => (report += chunk.toString()));
  child.stdio[4]?.on(
    'data',
    (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)),
  );
  let peakResidentBytes = 0;
  let peakAnonymousBytes = 0;
  const sampler = setInterval(() => {
    const sizes = processTree(child.pid ?? 0).map(residentBytes);
    peakResidentBytes = Math.max(
      peakResidentBytes,
      sizes.reduce((sum, { total }) => sum + total, 0),
    );
    peakAnonymousBytes = Math.max(
      peakAnonymousBytes,
      sizes.reduce((sum, { anonymous }) => sum + anonymous, 0),
    );
  }, 50);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(sampler);
      if (code !== 0) {
        reject(new Error(`${command.join(' ')} ended with code ${String(code)}:\n${output}`));
        return;
      }
      const [wall = 0, user = 0, system = 0] = (report.split('\n')[0] ?? '').split(' ').map(Number);
      const counter = (field: string): number =>
        Number(new RegExp(`^${field}: (\\d+)`, 'm').exec(report)?.[1] ?? 0);
      resolve({
        wallSeconds: wall,
        cpuSeconds: user + system,
        peakResidentBytes,
        peakAnonymousBytes,
        readBytes: counter('rchar'),
        writtenBytes: counter('wchar'),
      });
    });
  });
}

/** Adds up steps that run one after another: times and traffic add, peaks are the largest. */
export function sumMeasurements(steps: readonly Measurement[]): Measurement {
  const sum = (field: keyof Measurement) => steps.reduce((total, step) => total + step[field], 0);
  const largest = (field: keyof Measurement) => Math.max(0, ...steps.map((step) => step[field]));
  return {
    wallSeconds: sum('wallSeconds'),
    cpuSeconds: sum('cpuSeconds'),
    peakResidentBytes: largest('peakResidentBytes'),
    peakAnonymousBytes: largest('peakAnonymousBytes'),
    readBytes: sum('readBytes'),
    writtenBytes: sum('writtenBytes'),
  };
}
