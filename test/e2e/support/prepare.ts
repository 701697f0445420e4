// Runs once before all end-to-end tests: bundles everything, packages the desktop program with the Electron that is there,
// and starts a display where none is. What it finds out reaches the tests through environment variables.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { FullConfig } from '@playwright/test';
import { electronMajor, findDisplay, findElectron, repositoryRoot } from './runtimes.ts';

/** Prepares; gives the function that cleans up. */
// Playwright wants a default export here and nowhere else.
// eslint-disable-next-line no-restricted-syntax
export default async function prepare(config: FullConfig): Promise<() => void> {
  const electron = findElectron();
  const display = findDisplay();
  // With --project=browser nothing of the desktop is needed; Playwright tells it only through the words.
  const asked = process.argv.flatMap((word, index) => {
    if (word.startsWith('--project=')) return [word.slice('--project='.length)];
    return word === '--project' ? (process.argv[index + 1] ?? []) : [];
  });
  const wantsDesktop = asked.length === 0 || asked.includes('electron');
  const desktop =
    wantsDesktop &&
    'path' in electron &&
    'path' in display &&
    process.env['STUDIO_TEST_KEEP_BUILD'] !== '1';
  if (desktop) {
    run('configs/build/package.mjs', ['--test'], { ELECTRON_DIST: electron.path });
  } else if (process.env['STUDIO_TEST_KEEP_BUILD'] !== '1') {
    run('configs/build/build.mjs', []);
  }
  if ('path' in electron) {
    process.env['STUDIO_TEST_ELECTRON_MAJOR'] = String(electronMajor(electron.path));
  }
  const screen =
    wantsDesktop && 'path' in display && display.path === 'Xvfb' ? await startXvfb() : undefined;
  void config;
  return () => void screen?.kill();
}

function run(script: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync(process.execPath, [join(repositoryRoot, script), ...words], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw new Error(`${script} failed (${String(status)}).`);
}

/** Starts a virtual screen on a free display number and points this process at it. */
async function startXvfb(): Promise<ChildProcess> {
  const screen = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1920x1200x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const number = await new Promise<string>((resolve, reject) => {
    screen.once('error', reject);
    screen.once('exit', (code) => reject(new Error(`Xvfb ended (${String(code)}).`)));
    screen.stdio[3]?.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  process.env['DISPLAY'] = `:${number}`;
  return screen;
}
