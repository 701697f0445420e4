// Makes a fresh checkout usable: installs the packages that the lock file names when they are missing or older than it,
// then runs the given npm script. Plain Node, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [script, ...scriptArguments] = process.argv.slice(2);

function run(command, commandArguments) {
  const result = spawnSync(command, commandArguments, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 70);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `GGUF Studio needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run the command again.`,
  );
  process.exit(2);
}

const installed = `${root}node_modules/.package-lock.json`;
const wanted = `${root}package-lock.json`;
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  console.log('Installing packages (about 850 MB, most of it the GPU builds of llama.cpp) ...');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}
run('npm', ['run', '--silent', script, '--', ...scriptArguments]);
