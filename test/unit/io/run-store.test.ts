import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunStore } from '#src/io/run-store.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'run-store-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const run = buildQualityRun([{ id: 'Q4_K_M', bytes: 4, kld: { prose: [0.01, 0.02] } }]);

async function put(id: string, text: string): Promise<string> {
  const folder = join(workspace, 'measurements', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'run.json'), text);
  return folder;
}

describe('runs of a workspace', () => {
  it('are none before the first measurement', async () => {
    await expect(openRunStore(workspace).list()).resolves.toEqual([]);
  });

  it('are listed newest first, broken ones with the reason', async () => {
    await put('old', JSON.stringify({ ...run, title: 'Old', createdAt: 1000 }));
    await put('new', JSON.stringify({ ...run, title: 'New', createdAt: 2000 }));
    await put('broken', '{"version": 1, "id": "broken"}');
    const list = await openRunStore(workspace).list();
    expect(list.map(({ id }) => id)).toEqual(['broken', 'new', 'old']);
    expect(list[0]?.problem).toMatch(/cannot be read: title/);
    expect(list[1]).toEqual({
      id: 'new',
      title: 'New',
      createdAt: 2000,
      base: 'reference',
      subjects: 1,
      texts: ['prose'],
    });
  });

  it('take the name of their folder, whatever the file says', async () => {
    await put('renamed', JSON.stringify(run));
    await expect(openRunStore(workspace).read('renamed')).resolves.toMatchObject({ id: 'renamed' });
  });

  it('are read again when they change', async () => {
    const store = openRunStore(workspace);
    await put('one', JSON.stringify(run));
    await store.list();
    await put('one', JSON.stringify({ ...run, title: 'Another title' }));
    expect((await store.list())[0]?.title).toBe('Another title');
  });

  it('are put away whole, twice under one name as well', async () => {
    const store = openRunStore(workspace);
    for (const title of ['first', 'second']) {
      await put('one', JSON.stringify({ ...run, title }));
      await store.remove('one');
    }
    await expect(store.list()).resolves.toEqual([]);
    const kept = await readdir(join(workspace, 'measurements', '.removed'));
    expect(kept).toHaveLength(2);
    const first = await readFile(join(workspace, 'measurements/.removed/one/run.json'), 'utf8');
    expect(first).toContain('"first"');
  });

  it('are not removed or read through links, by other names, or where there is no run', async () => {
    const store = openRunStore(workspace);
    const outside = join(workspace, 'models');
    await mkdir(outside);
    await writeFile(join(outside, 'run.json'), JSON.stringify(run));
    await mkdir(join(workspace, 'measurements', 'empty'), { recursive: true });
    await symlink(outside, join(workspace, 'measurements', 'link'));
    for (const id of ['link', '../models', 'empty', '.removed', '']) {
      await expect(store.remove(id)).rejects.toMatchObject({ code: 'io/not-found' });
      await expect(store.read(id)).rejects.toMatchObject({ code: 'io/not-found' });
    }
    await expect(store.list()).resolves.toEqual([]);
    await expect(readdir(outside)).resolves.toEqual(['run.json']);
  });

  it('tell when one comes, before and after the folder of runs exists', async () => {
    const store = openRunStore(workspace);
    let told = 0;
    const watch = store.watch(() => void told++);
    await expect
      .poll(() => put('one', JSON.stringify(run)).then(() => told), { timeout: 5000 })
      .toBeGreaterThan(0);
    const before = told;
    await expect
      .poll(() => put('two', JSON.stringify(run)).then(() => told), { timeout: 5000 })
      .toBeGreaterThan(before);
    watch.close();
  });
});
