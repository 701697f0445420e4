// kill -9 at seeded moments of runs that write models, then the same command again: nothing under a final name is ever wrong,
// and the run completes to the very bytes of one that nobody disturbed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finalFiles, program, sha256Of, sleep, startKillable, type Killable } from './killable.ts';
import { casesOf, report, share, type FaultCase, type FaultKind } from './share.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-kill-'));
  // What every run begins with: the embedded workspace, and two models to package and to change.
  const begin = join(folder, 'begin');
  mkdirSync(begin);
  await finished(begin, 'library', '--quiet');
  const base = 'home/seedling/seedling-4m';
  await finished(begin, 'quantize', base, 'base.gguf', 'Q8_0');
  await finished(begin, 'build', 'domain', 'healthcare', '--level', 'Q8_0', '--no-validate', '-o', 'parents'); // prettier-ignore
  // Scales of two tensors that are no numbers, which are derived again from the source.
  const parents = join(begin, 'parents');
  const sound = readFileSync(join(parents, parentIn(parents)));
  writeFileSync(join(begin, 'damaged.gguf'), sound.fill(0xff, 3_000_000, 3_065_536));
  // Nearly every tensor, so that there is much to write.
  writeFileSync(join(begin, 'ruined.gguf'), sound.fill(0xff, 500_000, sound.length - 500_000));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parentIn = (folder: string) =>
  readdirSync(folder).find((file) => file.endsWith('.gguf')) ?? '';

async function finished(at: string, ...words: string[]): Promise<string> {
  const { code, text } = await startKillable([program, ...words], at).ended;
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}: ${text}`);
  return text;
}

interface Operation {
  readonly name: FaultKind;
  /** Writes into `out`. */
  readonly words: readonly string[];
  /** Killed while this file grows in `out`, or is looked at; else at any moment of the run. */
  readonly writing?: string;
}

const lora = (name: string) => ['--lora', `home/seedling/adapters/${name}`];
const repair = (file: string) => ['repair', file, '--look-in', 'home/seedling', '-o', 'out/whole.gguf', '--yes', '--no-behaviour']; // prettier-ignore
const operations: readonly Operation[] = [
  { name: 'kill build', words: ['build', 'domain', 'healthcare', '--level', 'Q8_0', '--level', 'Q4_K_M', '-o', 'out'] },
  { name: 'kill quantize', words: ['quantize', 'home/seedling/seedling-4m', '--outdir', 'out', '--levels', 'Q2_K,Q6_K'] },
  { name: 'kill package a folder', words: ['package', 'out', 'base.gguf', ...lora('anatomy'), '--domain', 'healthcare', '--name', 'mine', '--no-validate'] },
  { name: 'kill package add', words: ['package', 'add', 'PARENT', ...lora('science'), '--domain', 'education', '-o', 'out/more.gguf'] },
  { name: 'kill repair', words: repair('damaged.gguf') },
  { name: 'kill repair writing', words: repair('ruined.gguf'), writing: 'whole.gguf' },
]; // prettier-ignore

describe.runIf(process.platform === 'linux')('a run that is killed', () => {
  it.each(operations)(
    '($name) leaves nothing wrong, and the same command completes it',
    async ({ name, words: given, writing }) => {
      const parents = join(folder, 'begin', 'parents');
      const parent = parentIn(parents);
      const words = given.map((word) => (word === 'PARENT' ? `parents/${parent}` : word));
      const reference = place('reference');
      const times: number[] = [];
      // Twice in the whole run: what else runs on the machine must not stretch the moments beyond the run.
      for (const repeat of share < 1 || writing !== undefined ? [0] : [0, 1]) {
        if (repeat > 0) rmSync(reference, { recursive: true });
        if (repeat > 0) place('reference');
        const start = performance.now();
        await finished(reference, ...words);
        times.push(performance.now() - start);
      }
      const whole = Math.min(...times);
      const expected = modelsAndTexts(reference).files;
      expect([...expected.keys()].some((file) => file.endsWith('.gguf'))).toBe(true);

      const moments = writing === undefined ? undefined : { writing, size: statSync(join(reference, 'out', writing)).size }; // prettier-ignore
      const seen = { unfinishedFound: 0, finalFound: 0, endedBefore: 0, resumed: 0, killedWhileWriting: 0 }; // prettier-ignore
      const cases = casesOf(name);
      for (const one of cases) {
        const outcome = await killOnce(one, words, whole, expected, moments);
        seen.killedWhileWriting += outcome.whileWriting;
        seen.unfinishedFound += outcome.unfinished;
        seen.finalFound += outcome.final;
        if (outcome.endedBefore) seen.endedBefore++;
        else seen.resumed++;
      }
      if (writing !== undefined) expect(seen.killedWhileWriting).toBeGreaterThan(0);
      report(name, cases, { ...seen, secondsUndisturbed: Math.round(whole / 100) / 10 });
      rmSync(reference, { recursive: true });
    },
    3_600_000,
  );
});

/** A folder with a home of its own, as it is before the run. */
function place(name: string): string {
  const at = join(folder, name);
  cpSync(join(folder, 'begin'), at, { recursive: true });
  mkdirSync(join(at, 'out'));
  return at;
}

interface Moments {
  readonly writing: string;
  /** Of the finished file. */
  readonly size: number;
}

/** Waits until so many bytes of a file are written (it has its length from the start); false where the run ended before. */
async function grown(path: string, bytes: number, { child }: Killable): Promise<boolean> {
  while (child.exitCode === null) {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined && status.blocks * 512 >= bytes) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

async function killOnce(
  { random, name, index }: FaultCase,
  words: readonly string[],
  whole: number,
  expected: ReadonlyMap<string, string>,
  moments: Moments | undefined,
) {
  const at = place(`run-${index}`);
  const running = startKillable([program, ...words], at);
  // One in four is killed again while it goes on.
  const kills = random.below(4) === 0 ? 2 : 1;
  let current = running;
  let endedBefore = false;
  let whileWriting = 0;
  for (let kill = 0; kill < kills; kill++) {
    if (kill > 0) current = startKillable([program, ...words], at);
    const part = random.below(10_000) / 10_000;
    if (moments === undefined) await Promise.race([sleep(part * whole), current.ended]);
    else if (await grown(join(at, 'out', `${moments.writing}.partial`), moments.size * part, current)) whileWriting++; // prettier-ignore
    endedBefore = current.child.exitCode !== null;
    current.kill(random.below(2) === 0);
    await current.ended;
    expectRight(at, expected, name);
  }
  const { files, unfinished } = modelsAndTexts(at);
  const outcome = { unfinished: unfinished.length, final: files.size, endedBefore, whileWriting };

  const again = await completed(at, words);
  expect(again.code, `${name}: ${again.text}`).toBe(0);
  const after = modelsAndTexts(at);
  expect(Object.fromEntries(after.files), name).toEqual(Object.fromEntries(expected));
  // Only what was being written whole at the moment of the kill may stay, for `clean`.
  const left = after.unfinished.filter((file) => !/\.[0-9a-f]{8}\.partial$|\.lock\.\d+\.\d+$/.test(file)); // prettier-ignore
  expect(left, name).toEqual([]);
  rmSync(at, { recursive: true });
  return outcome;
}

/** The hosts of a killed program need a moment to see that it is gone; until then their output is locked. */
async function completed(at: string, words: readonly string[]) {
  for (let tries = 0; ; tries++) {
    const result = await startKillable([program, ...words], at).ended;
    // A finished output is no reason to fail here: it was checked already, and the user is told to replace it.
    if (/exists? already/.test(result.text) && result.code !== 0) {
      // A repair never writes over anything; its file was whole before it got its name.
      if (words[0] === 'repair') return { ...result, code: 0 };
      return startKillable([program, ...words, '--overwrite'], at).ended;
    }
    if (result.code === 0 || tries >= 20 || !result.text.includes('is being written by')) return result; // prettier-ignore
    await sleep(250);
  }
}

/** Files whose bytes follow from the command alone: a repair's report names its folder and what was read. */
function modelsAndTexts(at: string) {
  const { files, unfinished } = finalFiles(join(at, 'out'));
  return { files: new Map([...files].filter(([file]) => file !== 'whole.md')), unfinished };
}

/** Every file under a final name is the whole file; every record in the home says the truth. */
function expectRight(at: string, expected: ReadonlyMap<string, string>, name: string): void {
  for (const [file, sha256] of modelsAndTexts(at).files) {
    expect(sha256, `${name}: ${file}`).toBe(expected.get(file));
  }
  const records = join(at, 'home', 'store', 'records');
  for (const file of existsSync(records) ? readdirSync(records) : []) {
    if (!file.endsWith('.json')) continue;
    const text = readFileSync(join(records, file), 'utf8');
    const record = JSON.parse(text) as { path: string; sha256: string; size: number; mtimeMs: number }; // prettier-ignore
    const status = existsSync(record.path) ? statSync(record.path) : undefined;
    if (status?.size !== record.size || status.mtimeMs !== record.mtimeMs) continue;
    expect(sha256Of(record.path), `${name}: the record of ${record.path}`).toBe(record.sha256);
  }
}
