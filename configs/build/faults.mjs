// `npm run test:faults`: all of the fault injection (test/faults), of which `npm test` runs a seeded tenth. With
// `--within=MINUTES` every kind of fault runs its share or until its part of that time is spent. Figures are kept in
// .cache/faults and printed at the end, with what was left out; other words go to vitest (a file, `-t NAME`).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const figures = `${root}.cache/faults`;
const given = process.argv.slice(2);
const within = given.find((word) => word.startsWith('--within='))?.slice('--within='.length);
if (within !== undefined && !(Number(within) > 0)) {
  console.error(`--within=${within} is no number of minutes.`);
  process.exit(64);
}
const words = given.filter((word) => !word.startsWith('--within='));
// A file that is named is run alone.
const files = words.some((word) => word.endsWith('.ts')) ? [] : ['test/faults'];

rmSync(figures, { recursive: true, force: true });
const start = Date.now();
const { status } = spawnSync(
  process.execPath,
  [
    `${root}node_modules/vitest/vitest.mjs`,
    'run',
    '--config',
    'configs/build/vitest.config.ts',
    '--reporter=verbose',
    ...files,
    ...words,
  ],
  {
    cwd: root,
    env: {
      STUDIO_FAULTS_SHARE: '1',
      ...(within === undefined ? {} : { STUDIO_FAULTS_WITHIN: within }),
      ...process.env,
    },
    stdio: 'inherit',
  },
);

const names = existsSync(figures) ? readdirSync(figures).sort() : [];
const textOf = (name) => readFileSync(`${figures}/${name}`, 'utf8').trim();
let [ran, asked] = [0, 0];
const cut = [];
for (const name of names.filter((one) => one.endsWith('.json'))) {
  const text = textOf(name);
  console.log(text);
  const figure = JSON.parse(text);
  ran += figure.ran;
  asked += figure.asked;
  if (figure.ran < figure.asked) cut.push(`${figure.what} (${figure.ran} of ${figure.asked})`);
}
const minutes = ((Date.now() - start) / 60_000).toFixed(1);
console.log(`${ran} of ${asked} cases were run in ${minutes} minutes.`);
if (cut.length > 0) console.log(`The time ended: ${cut.join(', ')}.`);
if (status !== 0) {
  const ended = names.filter((one) => one.endsWith('.running')).map(textOf);
  for (const name of ended) console.log(`FAILED in ${name}`);
  console.log('Repeat a case by its seed: STUDIO_FAULTS_CASE=SEED npm run test:faults -- FILE');
}
process.exitCode = status ?? 70;
