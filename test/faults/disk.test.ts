// A disk that is full at every write, by stepping the size of a small one, and a disk that cannot be written: the run ends with a
// clear error, nothing under a final name is wrong, and with room the same command completes. Needs root and mount (CI has both).
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#test/helpers/run-studio.ts';
import { finalFiles, program, startKillable } from './killable.ts';
import { casesOf, report, type FaultKind } from './share.ts';
import { canMount, smallDiskAt, type SmallDisk } from './small-disk.ts';

const mountable = canMount();
const room = 64 * 1024;
let folder = '';
let disk: SmallDisk;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-disk-'));
  disk = smallDiskAt(join(folder, 'disk'));
});
afterAll(() => {
  disk.remove();
  rmSync(folder, { recursive: true, force: true });
});

const out = () => join(folder, 'disk', 'out');
const run = (words: readonly string[], environment: Record<string, string>) =>
  startKillable([program, ...words], folder, environment).ended;
interface Operation {
  readonly name: FaultKind;
  readonly words: readonly string[];
  /** Written into `out`, which the program otherwise makes. */
  readonly needsFolder?: boolean;
  readonly overwrites: boolean;
}
const operations: readonly Operation[] = [
  { name: 'disk full build', words: ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'disk/out'], overwrites: true },
  { name: 'disk full package a folder', words: ['package', 'disk/out', 'base.gguf', '--lora', 'home/seedling/adapters/anatomy', '--domain', 'healthcare', '--name', 'mine', '--no-validate'], overwrites: true },
  { name: 'disk full repair', words: ['repair', 'damaged.gguf', '--look-in', 'home/seedling', '-o', 'disk/out/whole.gguf', '--yes', '--no-behaviour'], needsFolder: true, overwrites: false },
]; // prettier-ignore

it('can be tried here where CI asks for it', () => {
  if (process.env['STUDIO_REQUIRE_RUNTIMES'] === '1') expect(mountable).toBe(true);
});

/** Files whose bytes follow from the command alone: a repair's report names its folder. */
const modelsAndTexts = () => {
  const { files, unfinished } = finalFiles(out());
  files.delete('whole.md');
  return { files: Object.fromEntries(files), unfinished };
};
const mountWith = (kibibytes: number, { needsFolder }: Operation) => {
  disk.mount(kibibytes);
  if (needsFolder === true) mkdirSync(out());
};

describe.runIf(mountable)('a disk that is', () => {
  beforeAll(async () => {
    for (const words of [
      ['library', '--quiet'],
      ['quantize', 'home/seedling/seedling-4m', 'base.gguf', 'Q8_0'],
      ['build', 'domain', 'healthcare', '--level', 'Q8_0', '--no-validate', '-o', 'family'],
    ]) {
      const { code, text } = await run(words, {});
      if (code !== 0) throw new Error(text);
    }
    const parent = readdirSync(join(folder, 'family')).find((name) => name.endsWith('.gguf')) ?? '';
    const sound = readFileSync(join(folder, 'family', parent));
    writeFileSync(join(folder, 'damaged.gguf'), sound.fill(0xff, 3_000_000, 3_065_536));
  }, 180_000);

  it.each(operations)('full at a write ($name) is told, and harms nothing', async (operation) => {
    const { name, words, overwrites } = operation;
    // The state of the studio on the same small disk, then not: both are written.
    const environment = { GGUF_STUDIO_HOME: join(folder, 'disk', 'home') };
    mountWith(room, operation);
    const whole = await run(words, environment);
    expect(whole.code, whole.text).toBe(0);
    const expected = modelsAndTexts().files;
    const used = disk.usedKibibytes();

    const outcomes: Record<string, number> = {};
    const cases = casesOf(name);
    for (const { random, name: label, place } of cases) {
      // In equal steps over all that is written.
      const kibibytes = 8 + Math.floor(place * used);
      const home = random.below(2) === 0 ? environment : {};
      mountWith(kibibytes, operation);
      const full = await run(words, home);
      const where = `${label}, ${kibibytes} KiB: ${full.text}`;
      const outcome = full.code === 0 ? 'completed' : (/\(([a-z-]+\/[a-z-]+)\)/.exec(full.text)?.[1] ?? 'other');
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      expect(['completed', 'io/disk-full', 'io/failed'], where).toContain(outcome);
      for (const [file, sha256] of Object.entries(modelsAndTexts().files)) expect(sha256, `${where}: ${file}`).toBe(expected[file]);
      disk.resize(room);
      // A repair that ended after its file is complete; it never writes over one.
      const isThere = !overwrites && modelsAndTexts().files['whole.gguf'] !== undefined;
      if (!isThere) {
        const again = await run(full.code === 0 ? [...words, '--overwrite'] : words, home);
        expect(again.code, `${where}\nthen: ${again.text}`).toBe(0);
      }
      const { files, unfinished } = modelsAndTexts();
      expect(files, where).toEqual(expected);
      expect(unfinished, where).toEqual([]);
    }
    report(name, cases, { outcomes, kibibytesNeeded: used });
  }, 3_600_000);

  it.each(operations)('read-only is told ($name), and with room it completes', async (operation) => {
    const { words } = operation;
    mountWith(room, operation);
    if (operation.needsFolder !== true) mkdirSync(out());
    disk.makeReadOnly(true);
    const refused = await run(words, {});
    expect(refused.code, refused.text).not.toBe(0);
    expect(refused.text).toMatch(/\(io\/[a-z-]+\)/);
    expect(finalFiles(out()).files.size).toBe(0);
    disk.makeReadOnly(false);
    const again = await run(words, {});
    expect(again.code, again.text).toBe(0);
    // A home that cannot be written stops nothing that does not need it: reading works.
    disk.makeReadOnly(true);
    const read = await run(['inspect', 'base.gguf'], { GGUF_STUDIO_HOME: join(folder, 'disk', 'home') });
    expect(read.code, read.text).toBe(0);
  }, 300_000);

  it('read-only answers all the same when a family on it is served', async () => {
    disk.mount(room);
    const built = await run(['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'disk/out'], {});
    expect(built.code, built.text).toBe(0);
    const before = Object.fromEntries(finalFiles(out()).files);
    disk.makeReadOnly(true);
    const server = startKillable([program, 'serve', 'disk/out', '--no-window', '--port', '0', '--json'], folder);
    try {
      await waitFor(() => server.text().includes('"notices"') || server.child.exitCode !== null, 'the address');
      const api = /"api": "([^"]+)"/.exec(server.text())?.[1] ?? '';
      const token = /"token": "([^"]+)"/.exec(server.text())?.[1] ?? '';
      const answer = await fetch(`${api}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', max_tokens: 4, messages: [{ role: 'user', content: 'What does sunburn mean?' }] }),
      });
      expect(answer.status, server.text()).toBe(200);
    } finally {
      server.kill(true);
      await server.ended;
    }
    expect(Object.fromEntries(finalFiles(out()).files)).toEqual(before);
  }, 120_000);
}); // prettier-ignore
