// Runs once before all end-to-end tests: bundles everything and packages the desktop program with the Electron that is there.
// What it finds out reaches the tests through environment variables.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { electronMajor, findDisplay, findElectron, repositoryRoot } from './runtimes.ts';

// Playwright wants a default export here and nowhere else.
// eslint-disable-next-line no-restricted-syntax
export default function prepare(): void {
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
}

function run(script: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync(process.execPath, [join(repositoryRoot, script), ...words], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw new Error(`${script} failed (${String(status)}).`);
}
