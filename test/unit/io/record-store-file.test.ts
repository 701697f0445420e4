import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecordStore, type RecordStore } from '#src/io/record-store-file.ts';
import { createHash } from 'node:crypto';

let folder: string;
let store: RecordStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'));
  store = openRecordStore(join(folder, 'records'));
});
afterEach(() => rm(folder, { recursive: true }));

const key = 'a'.repeat(64);
const otherKey = 'b'.repeat(64);
async function put(name: string, content = 'model'): Promise<{ path: string; sha256: string }> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path, sha256: createHash('sha256').update(content).digest('hex') };
}

describe('records', () => {
  it('give the file of a key back', async () => {
    const record = await store.save({ key, ...(await put('x.gguf')) });
    expect(await store.find(key)).toEqual([record]);
    expect(await store.findByPath(record.path)).toEqual(record);
    expect(await store.find(otherKey)).toEqual([]);
  });

  it('know several places of one key', async () => {
    await store.save({ key, ...(await put('x.gguf')) });
    await store.save({ key, ...(await put('y.gguf')) });
    expect((await store.find(key)).map(({ path }) => path).sort()).toEqual([
      join(folder, 'x.gguf'),
      join(folder, 'y.gguf'),
    ]);
  });

  it('drop the older record of a path', async () => {
    await store.save({ key, ...(await put('x.gguf')) });
    await store.save({ key: otherKey, ...(await put('x.gguf', 'other')) });
    expect(await store.find(key)).toEqual([]);
    expect(await store.findByPath(join(folder, 'x.gguf'))).toMatchObject({ key: otherKey });
    expect(
      (await readdir(join(folder, 'records'))).filter((name) => name.endsWith('.json')),
    ).toHaveLength(1);
  });

  it('do not count when the file is gone, longer, or newer', async () => {
    const { path } = await store.save({ key, ...(await put('x.gguf')) });
    const { mtime } = await stat(path);
    await writeFile(path, 'model and more');
    await utimes(path, mtime, mtime);
    expect(await store.find(key)).toEqual([]);
    await writeFile(path, 'model');
    await utimes(path, 1, 1);
    expect(await store.find(key)).toEqual([]);
    await rm(path);
    expect(await store.find(key)).toEqual([]);
  });

  it('can be checked by hash, which sees what size and time do not', async () => {
    const file = await put('x.gguf');
    await utimes(file.path, 1_000, 1_000);
    await store.save({ key, ...file });
    await writeFile(file.path, 'modem');
    await utimes(file.path, 1_000, 1_000);
    expect(await store.find(key)).toHaveLength(1);
    expect(await store.find(key, { fullHash: true })).toEqual([]);
    await writeFile(file.path, 'model');
    await utimes(file.path, 1_000, 1_000);
    expect(await store.find(key, { fullHash: true })).toHaveLength(1);
  });

  it('ignore damaged and foreign files in their folder', async () => {
    await store.save({ key, ...(await put('x.gguf')) });
    const [name = ''] = (await readdir(join(folder, 'records'))).filter((file) =>
      file.endsWith('.json'),
    );
    await writeFile(
      join(folder, 'records', name.replace('aaaa', 'cccc')),
      '{"key": "../../etc/passwd"',
    );
    await writeFile(join(folder, 'records', 'notes.txt'), 'x');
    expect(await store.find(key)).toHaveLength(1);
    // A record that was renamed to another key does not speak for it.
    const text = JSON.stringify({
      key,
      path: join(folder, 'x.gguf'),
      sha256: key,
      size: 5,
      mtimeMs: 0,
    });
    await writeFile(join(folder, 'records', name.replace(key, otherKey)), text);
    expect(await store.find(otherKey)).toEqual([]);
  });

  it('survive many builds at once', async () => {
    const files = await Promise.all(Array.from({ length: 40 }, (_, index) => put(`${index}.gguf`)));
    await Promise.all(
      files.map((file) => openRecordStore(join(folder, 'records')).save({ key, ...file })),
    );
    expect(await store.find(key)).toHaveLength(40);
  });

  it('are pruned when their files are gone', async () => {
    await store.save({ key, ...(await put('x.gguf')) });
    await store.save({ key, ...(await put('y.gguf')) });
    await rm(join(folder, 'x.gguf'));
    expect(await store.prune()).toBe(1);
    expect(await store.find(key)).toHaveLength(1);
  });
});
