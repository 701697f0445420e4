import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { OutputFile } from '#src/io/output-file.ts';
import { checkDistinct, checkNotInput } from '#src/io/same-file.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-'));
  path = join(folder, 'x.gguf');
});
afterEach(() => rm(folder, { recursive: true }));

const open = (plan = 'plan', overwrite = false) =>
  OutputFile.open(path, { plan, size: 100, overwrite });
const bytes = (value: number, length: number) => new Uint8Array(length).fill(value);
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const entryOf = (tensor: string, offset: number, data: Uint8Array) => ({
  tensor,
  offset,
  size: data.length,
  sha256: sha256(data),
  source: '',
});

describe('an output file', () => {
  it('gets its name only at the end, with holes as zeros and nothing left beside it', async () => {
    const file = await open();
    await file.write(bytes(7, 10), 50);
    expect((await readdir(folder)).sort()).toEqual([
      'x.gguf.partial',
      'x.gguf.partial.journal',
      'x.gguf.partial.lock',
    ]);
    await file.finish();
    expect(await readdir(folder)).toEqual(['x.gguf']);
    const expected = new Uint8Array(100).fill(7, 50, 60);
    expect(new Uint8Array(await readFile(path))).toEqual(expected);
  });

  it('hashes the whole file', async () => {
    const file = await open();
    await file.write(bytes(7, 10), 50);
    expect(await file.hash()).toBe(sha256(new Uint8Array(100).fill(7, 50, 60)));
    await file.abandon(false);
  });

  it('goes on where an abandoned run of the same plan stopped', async () => {
    const first = await open();
    await first.write(bytes(1, 20), 0);
    await first.complete(entryOf('a', 0, bytes(1, 20)));
    await first.abandon(true);
    const second = await open();
    const entry = second.journaled.get('a');
    expect(entry).toEqual(entryOf('a', 0, bytes(1, 20)));
    expect(await second.verify(entry!)).toBe(true);
    await second.abandon(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('notices that journaled bytes changed or are missing', async () => {
    const file = await open();
    const entry = entryOf('a', 10, bytes(1, 20));
    expect(await file.verify(entry)).toBe(false);
    await file.write(bytes(1, 20), 10);
    expect(await file.verify(entry)).toBe(true);
    expect(await file.verify({ ...entry, size: 10_000 })).toBe(false);
    await file.write(bytes(2, 1), 29);
    expect(await file.verify(entry)).toBe(false);
    await file.abandon(false);
  });

  it('starts over with a clean file for another plan', async () => {
    const first = await open('one');
    await first.write(bytes(1, 100), 0);
    await first.complete(entryOf('a', 0, bytes(1, 100)));
    await first.abandon(true);
    const second = await open('two');
    expect(second.journaled.size).toBe(0);
    await second.finish();
    expect((await readFile(path)).every((byte) => byte === 0)).toBe(true);
  });

  it('starts over when the partial file is gone but the journal is not', async () => {
    const first = await open();
    await first.complete(entryOf('a', 0, bytes(0, 4)));
    await first.abandon(true);
    await rm(`${path}.partial`);
    const second = await open();
    expect(second.journaled.size).toBe(0);
    await second.abandon(false);
  });

  it('does not replace an existing file unless asked to', async () => {
    await writeFile(path, 'old');
    await expectRefusal(open(), 'output/exists', path);
    const file = await open('plan', true);
    expect(await readFile(path, 'utf8')).toBe('old');
    await file.finish();
    expect((await stat(path)).size).toBe(100);
  });

  it('does not replace a file that appears while it is written, and keeps the work', async () => {
    const file = await open();
    await writeFile(path, 'appeared');
    await expectRefusal(file.finish(), 'output/exists');
    expect(await readFile(path, 'utf8')).toBe('appeared');
    expect((await readdir(folder)).sort()).toEqual([
      'x.gguf',
      'x.gguf.partial',
      'x.gguf.partial.journal',
    ]);
  });

  it('is locked while it is open', async () => {
    const file = await open();
    await expectRefusal(open(), 'build/locked');
    await file.abandon(false);
    await (await open()).abandon(false);
  });

  it('keeps a rejected file under a name that says so', async () => {
    const file = await open();
    expect(await file.reject()).toBe(`${path}.rejected`);
    expect(await readdir(folder)).toEqual(['x.gguf.rejected']);
  });

  it('refuses folders that are not there, are files, or may not be written', async () => {
    path = join(folder, 'missing', 'x.gguf');
    await expectRefusal(open(), 'io/not-found');
    await writeFile(join(folder, 'file'), '');
    path = join(folder, 'file', 'x.gguf');
    await expectRefusal(open(), 'io/not-found');
    path = folder;
    await expectRefusal(open('plan', true), 'output/exists', 'is a folder');
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o500);
    path = join(closed, 'x.gguf');
    // Root may write everywhere.
    if (process.getuid?.() !== 0) await expectRefusal(open(), 'io/failed', 'permission');
  });
});

describe('outputs and inputs', () => {
  it('are told apart by what they are, not by their names', async () => {
    const input = join(folder, 'input.gguf');
    await writeFile(input, 'model');
    await link(input, join(folder, 'hard.gguf'));
    await symlink(input, join(folder, 'soft.gguf'));
    for (const output of ['input.gguf', 'hard.gguf', 'soft.gguf', './././input.gguf']) {
      await expectRefusal(checkNotInput([join(folder, output)], [input]), 'output/is-input');
    }
    await expectRefusal(checkNotInput([input], [join(folder, 'soft.gguf')]), 'output/is-input');
    await writeFile(join(folder, 'other.gguf'), 'model');
    await checkNotInput([join(folder, 'other.gguf'), path], [input]);
  });

  it('may not share a path, also through a linked folder', async () => {
    await symlink(folder, join(folder, 'same'));
    await expectRefusal(checkDistinct([path, path]), 'build/conflict');
    await expectRefusal(checkDistinct([path, join(folder, 'same', 'x.gguf')]), 'build/conflict');
    await checkDistinct([path, join(folder, 'y.gguf')]);
  });

  it('have to fit on the disk together', async () => {
    await checkDiskSpace([{ path, bytes: 1000 }]);
    const half = { path, bytes: 2 ** 60 };
    const refusal = await expectRefusal(checkDiskSpace([half, half]), 'io/disk-full', folder);
    expect(refusal.details).toMatchObject({ neededBytes: 2 ** 61 });
    expect(refusal.message).toMatch(
      /need 2305843009\.21 GB .* 16\.8 MB have to stay free, but only [\d.]+ [MG]B are: [\d.]+ GB are missing/,
    );
    await expectRefusal(
      checkDiskSpace([{ path: join(folder, 'no', 'x'), bytes: 1 }]),
      'io/not-found',
    );
  });
});
