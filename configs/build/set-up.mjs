// Makes a fresh checkout usable, then does what was asked: `start`, `check`, `demo` or `bench`, or nothing more (`packages`).
// Installs the packages that the lock file names when they are missing or older than it. Plain Node, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [goal, ...goalArguments] = process.argv.slice(2);

/** Steps by goal: a command and its arguments each. */
const goals = {
  packages: [],
  start: [['node', 'configs/build/start.mjs']],
  check: [['npm', 'run', '--silent', 'check']],
  demo: [
    ['node', 'configs/build/build.mjs'],
    ['node', 'dist/cli/demo.js'],
  ],
  bench: [
    ['node', 'configs/build/build.mjs'],
    ['node', 'dist/bench/bench.js'],
  ],
};

function run([program, ...programArguments]) {
  const result = spawnSync(program === 'node' ? process.execPath : program, programArguments, {
    cwd: root,
    stdio: 'inherit',
    // npm is a script on Windows, which only a shell starts.
    shell: program === 'npm' && process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 70);
}

function npmMajor() {
  const { stdout } = spawnSync('npm', ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return Number.parseInt(stdout ?? '', 10);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `GGUF Studio needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run the command again.`,
  );
  process.exit(2);
}

const steps = goals[goal];
if (steps === undefined) {
  console.error(`Unknown goal ${goal}; known: ${Object.keys(goals).join(', ')}.`);
  process.exit(64);
}

const installed = `${root}node_modules/.package-lock.json`;
if (
  !existsSync(installed) ||
  statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs
) {
  console.log('Installing packages (about 1.2 GB, most of it the GPU builds of llama.cpp) ...');
  // npm 11's `ci` refuses a lock file without node-llama-cpp's packages for Windows and macOS, which are not published
  // at this version; its `install` keeps the locked versions. npm 10's `install` would rewrite the lock file.
  run(['npm', npmMajor() >= 11 ? 'install' : 'ci', '--no-audit', '--no-fund']);
}
steps.forEach((step, index) =>
  run(index === steps.length - 1 ? [...step, ...goalArguments] : step),
);
