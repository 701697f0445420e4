// `npm start`: opens the studio's desktop window where Electron can run, else in the browser, and says which and why in one
// line. Words after `--` go to the studio: `npm start -- ~/models/my-workspace`.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findDesktop, hasDisplay } from './find-desktop.mjs';
import { isBuilt } from './is-built.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const words = process.argv.slice(2);
/** A window that ends with an error sooner than this was never usable, in milliseconds. */
const soon = 8000;

if (!isBuilt(root)) {
  console.log('Building ...');
  const { status } = spawnSync(process.execPath, ['configs/build/build.mjs'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 70);
}

const desktop = findDesktop(root);
if (desktop.program !== undefined) {
  console.log(`Opening the desktop window (Electron ${desktop.version}).`);
  const started = Date.now();
  const code = await run(desktop.program, [root, ...words], {
    // The hosts run on the Node that the command line uses, which is the one that every test uses.
    GGUF_STUDIO_NODE: process.env.GGUF_STUDIO_NODE ?? process.execPath,
  });
  if (code === 0 || Date.now() - started > soon) process.exit(code);
  desktop.reason = `the desktop window ended at once (exit code ${code})`;
}
console.log(`Opening the studio in the browser: ${desktop.reason}.`);
const serveWords = ['dist/cli/main.js', 'serve', ...(hasDisplay() ? ['--open'] : []), ...words];
process.exit(await run(process.execPath, serveWords, {}));

function run(program, programWords, environment) {
  // Ctrl+C reaches the whole group: the program decides what it means.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  return new Promise((resolve) => {
    const child = spawn(program, programWords, {
      cwd: program === process.execPath ? root : process.cwd(),
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.once('error', () => resolve(70));
    child.once('exit', (code) => resolve(code ?? 0));
  }).finally(() => process.off('SIGINT', ignore));
}
