// All checks of a commit and of CI: types, format, lint, unit tests, end-to-end tests; or those that are named. Every part
// runs, whatever became of the others, and the last lines say which failed and by which tests. The checks that only read the
// sources run beside the tests at the lowest priority: they take the time in which tests wait.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { failuresOfE2e, failuresOfUnit } from './check-failures.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reports = `${root}.cache/check`;
const node = process.execPath;
const npm = (script, ...words) => ['npm', 'run', '--silent', script, '--', ...words];

/** `minutes`: when a part is ended as hanging, several times what it takes on two cores. */
const readers = {
  types: { command: ['npm', 'run', '--silent', 'types'], minutes: 15 },
  format: { command: [node, 'node_modules/prettier/bin/prettier.cjs', '--check', '.'], minutes: 15 },
  lint: { command: [node, 'node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'], minutes: 15 },
}; // prettier-ignore
const runners = {
  unit: {
    command: npm('unit', '--reporter=default', '--reporter=json', `--outputFile.json=${reports}/unit.json`), // prettier-ignore
    minutes: 40,
    failures: () => failuresOfUnit(readReport('unit')),
  },
  e2e: {
    command: npm('e2e', '--reporter=list,json'),
    environment: { PLAYWRIGHT_JSON_OUTPUT_FILE: `${reports}/e2e.json` },
    minutes: 30,
    failures: () => failuresOfE2e(readReport('e2e')),
  },
};
const parts = { ...readers, ...runners };

/** Process groups that run. */
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) end(child, 'SIGTERM');
    process.exit(130);
  });
}

/** Ends a command and what it has started. */
function end(child, signal) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Gone already.
  }
}

/** Runs a part; gives `{ name, ok, seconds, note, output }`. Readers' output is kept until they end. */
function run(name) {
  const { command, environment, minutes } = parts[name];
  const isReader = name in readers;
  const start = Date.now();
  const [program, ...words] = command;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: isReader ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      // A group of its own, so that all of it can be ended.
      detached: process.platform !== 'win32',
      // npm is a script on Windows, which only a shell starts.
      shell: program === 'npm' && process.platform === 'win32',
    });
    running.add(child);
    if (isReader && child.pid !== undefined) {
      setPriority(child.pid, constants.priority.PRIORITY_LOW);
    }
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.stderr?.on('data', (data) => (output += data));
    let note;
    const hanging = setTimeout(() => {
      note = `did not end within ${minutes} minutes and was stopped; what it printed last may tell why`;
      end(child, 'SIGTERM');
      setTimeout(() => end(child, 'SIGKILL'), 10_000).unref();
    }, minutes * 60_000);
    const finish = (ok, problem) => {
      clearTimeout(hanging);
      running.delete(child);
      resolve({ name, ok, seconds: (Date.now() - start) / 1000, note: note ?? problem, output });
    };
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => finish(code === 0, signal ? `ended by ${signal}` : undefined)); // prettier-ignore
  });
}

function readReport(name) {
  try {
    return JSON.parse(readFileSync(`${reports}/${name}.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

async function inTurn(names, each) {
  const results = [];
  for (const name of names) {
    const result = await run(name);
    results.push(result);
    each(result);
  }
  return results;
}

function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  console.error(`Unknown part ${unknown.join(', ')}; known: ${Object.keys(parts).join(', ')}.`);
  process.exit(64);
}
const wanted = (names) => names.filter((name) => asked.length === 0 || asked.includes(name));

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const show = ({ name, ok, output }) => {
  if (!ok) process.stdout.write(`\n--- ${name} failed ---\n${output}\n`);
};
// Two lines of about the same length.
const reading = Promise.all([inTurn(wanted(['types', 'format']), show), inTurn(wanted(['lint']), show)]); // prettier-ignore
const ran = await inTurn(wanted(['unit', 'e2e']), () => undefined);
const results = [...(await reading).flat(), ...ran];

console.log('\nChecks');
for (const { name, ok, seconds, note } of results) {
  console.log(`  ${ok ? 'passed' : 'FAILED'}  ${name.padEnd(6)} ${clock(seconds)}${note ? `  ${note}` : ''}`); // prettier-ignore
}
for (const { name, ok, output } of results) {
  const found = parts[name].failures?.() ?? { failed: [], flaky: [] };
  for (const test of found.flaky) console.log(`flaky ${name}: ${test} (passed when tried again)`);
  if (ok) continue;
  for (const test of found.failed) console.log(`FAILED ${name}: ${test}`);
  if (found.failed.length > 0) continue;
  // Types, format and lint name their files in their last lines.
  const lines = output
    .trim()
    .split('\n')
    .slice(-8)
    .filter(Boolean)
    .map((line) => line.slice(0, 300));
  console.log([`FAILED ${name}${lines.length > 0 ? ':' : ' (see above)'}`, ...lines].join('\n  '));
}
if (results.every(({ ok }) => ok)) console.log('All checks passed.');
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
