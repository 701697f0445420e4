// `npm run test:faults`: all of the fault injection (test/faults), of which `npm test` runs a seeded tenth. Its figures are
// kept in .cache/faults and printed at the end.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const figures = `${root}.cache/faults`;
rmSync(figures, { recursive: true, force: true });
const words = [
  'run',
  '--config',
  'configs/build/vitest.config.ts',
  '--reporter=verbose',
  'test/faults',
];
const { status } = spawnSync(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...words, ...process.argv.slice(2)], {
  cwd: root,
  env: { STUDIO_FAULTS_SHARE: '1', ...process.env },
  stdio: 'inherit',
}); // prettier-ignore
const files = existsSync(figures)
  ? readdirSync(figures).filter((name) => name.endsWith('.json'))
  : [];
for (const name of files.sort()) console.log(readFileSync(`${figures}/${name}`, 'utf8').trim());
process.exitCode = status ?? 70;
