// How long a user waits: from starting the packaged program to the first row of the library, on the embedded workspace.
// `node test/bench/cold-start/cold-start.mjs [RUNS]` after `npm run package`; a display or xvfb-run is needed. Reported, not
// tested: the figures are those of the machine. The program is looked at from outside, over Chromium's debugging port, so
// that measuring does not hold it up.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const candidates = ['release', '.cache/test-package'].map((folder) =>
  join(root, folder, 'linux-unpacked/gguf-studio'),
);
const program = process.env.STUDIO_PROGRAM ?? candidates.find((path) => existsSync(path));
if (program === undefined) {
  console.error('There is no package: run npm run package first, or set STUDIO_PROGRAM.');
  process.exit(2);
}
const runs = Number(process.argv[2] ?? 5);

/** Starts once; milliseconds from the spawn to the first paint, to a row of the library, and what the page says of itself. */
async function measure(home, user) {
  mkdirSync(user, { recursive: true });
  // Left by the run before.
  rmSync(join(user, 'DevToolsActivePort'), { force: true });
  const started = Date.now();
  const child = spawn(
    program,
    ['--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${user}`],
    { env: { ...process.env, GGUF_STUDIO_HOME: home, HOME: user }, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const port = await debuggingPort(user, started);
    const page = await openPage(port);
    // The page is exchanged while it loads; a question that falls into that moment is asked again.
    while (!(await page.evaluate(hasRow).catch(() => false))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (Date.now() - started > 60_000) throw new Error('No row of the library within a minute.');
    }
    const row = Date.now() - started;
    const marks = JSON.parse(await page.evaluate(readMarks));
    page.close();
    return { page: marks.origin - started, paint: marks.paint - started, row };
  } finally {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }
}

const hasRow = `document.querySelector('main [role="grid"] [role="gridcell"]') !== null && innerWidth > 0`;
const readMarks = `JSON.stringify({
  origin: performance.timeOrigin,
  paint: performance.timeOrigin + (performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN),
})`;

/** The studio's page over Chromium's own protocol; Playwright's connection needs what Electron does not offer. */
async function openPage(port) {
  let target;
  while (target === undefined) {
    const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    target = targets.find(({ url }) => url.startsWith('app://studio'));
    if (target === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let id = 0;
  return {
    close: () => socket.close(),
    evaluate: (expression) =>
      new Promise((resolve, reject) => {
        const call = ++id;
        const read = (data) => {
          const message = JSON.parse(data.toString());
          if (message.id !== call) return;
          socket.off('message', read);
          if (message.error !== undefined) reject(new Error(message.error.message));
          else resolve(message.result.result.value);
        };
        socket.on('message', read);
        const params = { expression, awaitPromise: true, returnByValue: true };
        socket.send(JSON.stringify({ id: call, method: 'Runtime.evaluate', params }));
      }),
  };
}

/** Chromium writes the port that it chose into the user's folder. */
async function debuggingPort(user, started) {
  const file = join(user, 'DevToolsActivePort');
  while (Date.now() - started < 60_000) {
    if (existsSync(file)) {
      const [port] = readFileSync(file, 'utf8').split('\n');
      if (port) return port;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('The program opened no debugging port within a minute.');
}

const median = (values) =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];

async function series(title, prepare) {
  const results = [];
  for (let run = 0; run < runs; run++) results.push(await prepare());
  const line = ['page', 'paint', 'row'].map((key) => {
    const values = results.map((result) => Math.round(result[key]));
    return `${key} ${median(values)} ms (${Math.min(...values)} to ${Math.max(...values)})`;
  });
  console.log(`${title}: ${line.join(', ')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'studio-cold-start-'));
try {
  console.log(`${cpus().length} cores, ${cpus()[0]?.model}; ${runs} runs each, medians`);
  let count = 0;
  await series('First start (new home)', () => {
    count++;
    return measure(join(folder, `home-${count}`), join(folder, `user-${count}`));
  });
  await series('Later start', () => measure(join(folder, 'home-1'), join(folder, 'user-1')));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
