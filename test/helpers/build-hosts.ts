// Bundles the command line, the hosts and the window that `serve` gives out once before any test, because tests start them as real processes.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  // For quick runs of tests that start no program.
  if (process.env['STUDIO_TEST_KEEP_BUILD'] === '1') return;
  const script = fileURLToPath(new URL('../../configs/build/build.mjs', import.meta.url));
  execFileSync(process.execPath, [script, 'node', 'renderer'], { stdio: 'inherit' });
}
