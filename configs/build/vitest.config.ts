// Unit, contract, golden and engine tests. Those of pure code share their processes: starting one and loading the modules
// anew for every file took longer than their tests. All others have a process per file, because they start native code,
// change the environment, or replace what is global.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of test/unit whose code computes and touches nothing else. */
const pureFolders = [
  'allocation', 'architectures', 'cli', 'contract', 'evaluation', 'formats', 'kernels', 'model', 'random', 'recipe',
  'renderer', 'rpc', 'stages', 'tensors', 'text',
]; // prettier-ignore
/** What a file must not mention to share its process; in a helper that it imports neither. */
const alone =
  /#electron\/|electron\/|child_process|worker_threads|process\.env|process\.chdir|globalThis|\bvi\./;

function sharesProcess(path: string): boolean {
  const text = readFileSync(path, 'utf8');
  const helpers = [...text.matchAll(/'#(test\/[\w/-]+\.ts)'/g)].map(([, name = '']) => name);
  return !alone.test(text) && helpers.every((name) => sharesProcess(join(root, name)));
}

const pure = pureFolders
  .map((folder) => join('test', 'unit', folder))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name).replaceAll('\\', '/'),
    ),
  )
  .filter((name) => name.endsWith('.test.ts') && sharesProcess(join(root, name)));

const common = { testTimeout: 300_000, hookTimeout: 300_000, pool: 'forks' } as const;

export default defineConfig({
  root,
  test: {
    globalSetup: ['test/helpers/build-hosts.ts'],
    // Native hosts and their thread pools compete for the same cores: few workers.
    maxWorkers: 2,
    projects: [
      {
        root,
        test: { ...common, name: 'alone', include: ['test/**/*.test.ts'], exclude: pure },
      },
      { root, test: { ...common, name: 'pure', include: pure, isolate: false } },
    ],
  },
});
