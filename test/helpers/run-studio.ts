// Runs the built command line as a real process, with a state folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const seedlingFolder = fileURLToPath(new URL('../../assets/seedling', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What was written so far. */
  stderr(): string;
}

export interface StudioFolder {
  /** Absolute path of a name inside. */
  path(...names: string[]): string;
  /** Paths of everything below a folder inside, from there; none where it is missing. */
  files(...names: string[]): string[];
  /** Runs to the end. */
  run(...words: string[]): Promise<Finished>;
  start(words: readonly string[], options?: { input?: string }): Running;
  /** Runs with `--json` and parses the document. */
  json(
    ...words: string[]
  ): Promise<{ code: number | null; document: JsonDocument; stderr: string }>;
  remove(): void;
}

export interface JsonDocument {
  ok: boolean;
  command: string;
  result?: Record<string, unknown>;
  error?: { code: string; message: string; hint?: string; details: Record<string, unknown> };
  notices?: { level: string; message: string }[];
}

/** A temporary folder that is the current folder of what runs in it. */
export function studioFolder(): StudioFolder {
  const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-cli-'));
  const start: StudioFolder['start'] = (words, options = {}) => {
    const child = spawn(process.execPath, [main, ...words], {
      cwd: folder,
      env: { ...process.env, GGUF_STUDIO_HOME: join(folder, 'home'), NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, finished, stderr: () => stderr };
  };
  return {
    path: (...names) => join(folder, ...names),
    files(...names) {
      const below = join(folder, ...names);
      return existsSync(below) ? readdirSync(below, { recursive: true, encoding: 'utf8' }) : [];
    },
    start,
    run: (...words) => start(words).finished,
    async json(...words) {
      const { code, stdout, stderr } = await start([...words, '--json']).finished;
      return { code, document: JSON.parse(stdout) as JsonDocument, stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Process ids of the direct children of a process (Linux). */
export function childProcesses(processId: number): number[] {
  const text = readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8');
  return text
    .split(' ')
    .filter((part) => part.trim() !== '')
    .map(Number);
}

/** Waits until `check` gives something; fails after `seconds`. */
export async function waitFor<Value>(
  check: () => Value | undefined | false,
  what: string,
  seconds = 120,
): Promise<Value> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
