// A disk that is full at every write, by stepping the size of a small one, and a disk that cannot be written: the run ends with a
// clear error, nothing under a final name is wrong, and with room the same command completes. Needs root and mount (CI has both).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finalFiles, program, startKillable } from './killable.ts';
import { casesOf, report } from './share.ts';

const mount = (...words: string[]) => spawnSync('mount', words, { encoding: 'utf8' });

/** Whether this user can make a small disk. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-mount-'));
  const { status } = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}

const mountable = canMount();
let folder = '';
let disk = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-disk-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  const { code, text } = await startKillable([program, 'library', '--quiet'], folder).ended;
  if (code !== 0) throw new Error(text);
}, 120_000);
afterAll(() => {
  if (mountable) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

const out = () => join(disk, 'out');
const run = (words: readonly string[], environment: Record<string, string>) =>
  startKillable([program, ...words], folder, environment).ended;
const operations = [
  { name: 'build', words: ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'disk/out'], steps: 30 },
  { name: 'package a folder', words: ['package', 'disk/out', 'home/seedling/outputs/base.gguf', '--lora', 'home/seedling/adapters/anatomy', '--domain', 'healthcare', '--name', 'mine', '--no-validate'], steps: 30 },
]; // prettier-ignore

it('can be tried here where CI asks for it', () => {
  if (process.env['STUDIO_REQUIRE_RUNTIMES'] === '1') expect(mountable).toBe(true);
});

describe.runIf(mountable)('a disk that is', () => {
  beforeAll(async () => {
    mkdirSync(join(folder, 'home', 'seedling', 'outputs'), { recursive: true });
    const { code, text } = await run(['quantize', 'home/seedling/seedling-4m', 'home/seedling/outputs/base.gguf', 'Q8_0'], {}); // prettier-ignore
    if (code !== 0) throw new Error(text);
  });

  it.each(operations)('full at a write of $name is told, and harms nothing', async ({ name, words, steps }) => {
    // The state of the studio on the same small disk, then not: both are written.
    const environment = { GGUF_STUDIO_HOME: join(disk, 'home') };
    expect(mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk).status).toBe(0);
    const whole = await run(words, environment);
    expect(whole.code, whole.text).toBe(0);
    const expected = Object.fromEntries(finalFiles(out()).files);
    const used = Number(spawnSync('du', ['-sk', disk], { encoding: 'utf8' }).stdout.split('\t')[0]);
    spawnSync('umount', [disk]);

    const outcomes: Record<string, number> = {};
    for (const { random, name: label } of casesOf(`disk full ${name}`, steps)) {
      const kibibytes = 4 + random.below(used);
      const home = random.below(2) === 0 ? environment : {};
      expect(mount('-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', disk).status).toBe(0);
      const full = await run(words, home);
      const where = `${label}, ${kibibytes} KiB: ${full.text}`;
      const outcome = full.code === 0 ? 'completed' : (/\(([a-z-]+\/[a-z-]+)\)/.exec(full.text)?.[1] ?? 'other');
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      expect(['completed', 'io/disk-full', 'io/failed'], where).toContain(outcome);
      for (const [file, sha256] of finalFiles(out()).files) expect(sha256, `${where}: ${file}`).toBe(expected[file]);
      expect(mount('-o', 'remount,size=64m', disk).status).toBe(0);
      const again = await run(full.code === 0 ? [...words, '--overwrite'] : words, home);
      expect(again.code, `${where}\nthen: ${again.text}`).toBe(0);
      const { files, unfinished } = finalFiles(out());
      expect(Object.fromEntries(files), where).toEqual(expected);
      expect(unfinished, where).toEqual([]);
      spawnSync('umount', [disk]);
    }
    report(`disk full ${name}`, { outcomes, kibibytesNeeded: used });
  }, 3_600_000);

  it.each(operations)('read-only is told by $name, and with room it completes', async ({ words }) => {
    expect(mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk).status).toBe(0);
    mkdirSync(out());
    expect(mount('-o', 'remount,ro', disk).status).toBe(0);
    const refused = await run(words, {});
    expect(refused.code, refused.text).not.toBe(0);
    expect(refused.text).toMatch(/\(io\/[a-z-]+\)/);
    expect(finalFiles(out()).files.size).toBe(0);
    expect(mount('-o', 'remount,rw', disk).status).toBe(0);
    const again = await run(words, {});
    expect(again.code, again.text).toBe(0);
    // A home that cannot be written stops nothing that does not need it: reading works.
    expect(mount('-o', 'remount,ro', disk).status).toBe(0);
    const read = await run(['inspect', 'home/seedling/outputs/base.gguf'], { GGUF_STUDIO_HOME: join(disk, 'home') });
    expect(read.code, read.text).toBe(0);
    spawnSync('umount', [disk]);
  }, 300_000);
}); // prettier-ignore
