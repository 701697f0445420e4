import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { findLeftovers, removeLeftover } from '#src/io/leftovers.ts';
import { ensureOwnFolder, isOwnFolder, studioHome } from '#src/io/studio-home.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process number that nothing has: Linux gives at most 2^22. */
const noProcess = 99_999_999;

describe('the state folder', () => {
  it('is GGUF_STUDIO_HOME, else in the XDG data folder, else in the home folder', () => {
    expect(studioHome({ GGUF_STUDIO_HOME: '/x/y' })).toBe('/x/y');
    expect(studioHome({ XDG_DATA_HOME: '/data' })).toBe('/data/gguf-studio');
    expect(studioHome({})).toMatch(/\.local[/\\]share[/\\]gguf-studio$/);
  });

  it('marks what it makes, once', async () => {
    const own = join(folder, 'a', 'b');
    await ensureOwnFolder(own);
    await ensureOwnFolder(own);
    expect(await isOwnFolder(own)).toBe(true);
    expect(await isOwnFolder(join(folder, 'a'))).toBe(false);
  });
});

describe('temporary files', () => {
  it('are leftovers when their process is gone, and only in a marked folder', async () => {
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const names = [`plan-${noProcess}-0.gguf`, `plan-${process.pid}-0.gguf`, 'notes.txt'];
    for (const name of names) writeFileSync(join(temporary, name), 'x');
    mkdirSync(join(temporary, `build-${noProcess}-0a1b2c3d`));
    expect(await findLeftovers({ workspaces: [], home: folder })).toEqual([]);

    await ensureOwnFolder(temporary);
    const found = await findLeftovers({ workspaces: [], home: folder });
    expect(found.map(({ path }) => path.slice(temporary.length + 1)).sort()).toEqual([
      `build-${noProcess}-0a1b2c3d`,
      `plan-${noProcess}-0.gguf`,
    ]);
    for (const item of found) expect(await removeLeftover(item)).toBe(true);
    expect(readdirSync(temporary).sort()).toEqual(
      ['.gguf-studio-folder', `plan-${process.pid}-0.gguf`, 'notes.txt'].sort(),
    );
  });
});

describe('collected importance matrices', () => {
  it('are part of the cache; one that is being collected is left alone', async () => {
    const matrices = await ensureOwnFolder(join(folder, 'matrices'));
    for (const name of ['a.gguf', 'b.gguf.partial', 'c.gguf.partial'])
      writeFileSync(join(matrices, name), 'x');
    writeFileSync(join(matrices, 'c.gguf.partial.lock'), `{"pid":${process.pid}}`);
    const find = async (cache: boolean) =>
      (await findLeftovers({ workspaces: [], home: folder, cache })).map(({ kind, path }) => [
        kind,
        path.slice(matrices.length + 1),
      ]);
    expect(await find(false)).toEqual([['partial', 'b.gguf.partial']]);
    expect(await find(true)).toEqual([
      ['cache', 'a.gguf'],
      ['partial', 'b.gguf.partial'],
    ]);
  });
});

describe('chooseThreads', () => {
  it('takes one thread for tiny models and never more than the cores', () => {
    expect(chooseThreads(3e6, 64)).toBe(1);
    expect(chooseThreads(300e6, 64)).toBe(2);
    expect(chooseThreads(300e6, 1)).toBe(1);
    expect(chooseThreads(5e9, 4)).toBe(4);
    expect(chooseThreads(5e9, 64)).toBe(8);
  });
});
