import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let root = '';
let path = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-test-'));
  path = join(root, 'Base Model');
  await mkdir(join(path, 'inner'), { recursive: true });
  await writeFile(join(path, 'config.json'), '{}');
  await writeFile(join(root, 'outside.txt'), 'secret');
});

afterEach(() => rm(root, { recursive: true }));

describe('a folder on disk', () => {
  it('has a name, lists its files sorted and opens them', async () => {
    await writeFile(join(path, 'a.bin'), 'abc');
    const folder = await openFolder(`${path}/`);
    expect(folder.name).toBe('Base Model');
    expect(await folder.list()).toEqual(['a.bin', 'config.json']);
    expect(await folder.has('a.bin')).toBe(true);
    const source = await folder.open('a.bin');
    expect(await readBytes(source, 1, 2)).toEqual(new TextEncoder().encode('bc'));
    await source.close();
  });

  it("follows links to files, as Hugging Face's cache has them", async () => {
    await symlink('../outside.txt', join(path, 'model.safetensors'));
    await symlink('nowhere', join(path, 'broken.safetensors'));
    const folder = await openFolder(path);
    expect(await folder.list()).toEqual(['config.json', 'model.safetensors']);
    expect(await folder.has('broken.safetensors')).toBe(false);
  });

  it.each(['../outside.txt', '..', '.', '', 'inner/x', 'inner\\x', '/etc/hostname', 'a\0b'])(
    'refuses the name %j',
    async (name) => {
      const folder = await openFolder(path);
      expect(await folder.has(name)).toBe(false);
      await expectRefusal(folder.open(name), 'io/not-found', 'not the name of a file');
    },
  );

  it('opens folders directly inside, and only those', async () => {
    await writeFile(join(path, 'inner', 'config.json'), '{"a":1}');
    const folder = await openFolder(path);
    const inner = await folder.subfolder?.('inner');
    expect(inner?.name).toBe('inner');
    expect(await inner?.list()).toEqual(['config.json']);
    for (const name of ['absent', 'config.json', '..', '../Base Model/inner', 'inner/', '.', '']) {
      expect(await folder.subfolder?.(name)).toBeUndefined();
    }
  });

  it('refuses what is not there or not a folder', async () => {
    const folder = await openFolder(path);
    await expectRefusal(folder.open('absent'), 'io/not-found');
    await expectRefusal(folder.open('inner'), 'io/not-found', 'is not a file');
    expect(await folder.has('inner')).toBe(false);
    await expectRefusal(openFolder(join(root, 'absent')), 'io/not-found', 'does not exist');
    await expectRefusal(openFolder(join(root, 'outside.txt')), 'io/not-found', 'is not a folder');
  });
});
