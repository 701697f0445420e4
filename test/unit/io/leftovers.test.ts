import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseThreads } from '#src/io/choose-threads.ts';
import { rememberUse } from '#src/io/cache-use.ts';
import { openJobStore } from '#src/io/job-store.ts';
import { findLeftovers, removeLeftover } from '#src/io/leftovers.ts';
import { thisProcess } from '#src/io/process-owner.ts';
import { openRecordStore } from '#src/io/record-store-file.ts';
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
    writeFileSync(join(matrices, 'c.gguf.partial.lock'), JSON.stringify(thisProcess()));
    const find = async (cache: boolean) =>
      (await findLeftovers({ workspaces: [], home: folder, cache })).map(({ kind, path }) => [
        kind,
        path.slice(matrices.length + 1),
      ]);
    expect(await find(false)).toEqual([['partial', 'b.gguf.partial']]);
    expect(await find(true)).toEqual([
      ['partial', 'b.gguf.partial'],
      ['cache', 'a.gguf'],
    ]);
  });

  it('beyond the limit are listed, the one used longest ago first; one used since is kept', async () => {
    const matrices = await ensureOwnFolder(join(folder, 'matrices'));
    for (const [name, hours] of [['a', 9], ['b', 5], ['c', 7]] as const) {
      writeFileSync(join(matrices, `${name}.gguf`), Buffer.alloc(4096, 1));
      setAge(join(matrices, `${name}.gguf`), hours);
    }
    const found = await findLeftovers({ workspaces: [], home: folder, cacheLimit: 4096 });
    expect(found.map(({ kind, path, bytes }) => [kind, basename(path), bytes])).toEqual([
      ['cache', 'a.gguf', 4096],
      ['cache', 'c.gguf', 4096],
    ]);
    await rememberUse(join(matrices, 'a.gguf'));
    expect(await Promise.all(found.map(removeLeftover))).toEqual([false, true]);
    expect(readdirSync(matrices).filter((name) => name.endsWith('.gguf')).sort()).toEqual(['a.gguf', 'b.gguf']);
  });
}); // prettier-ignore

describe('outputs of a workspace', () => {
  const workspace = () => ({ folder, outputFolder: join(folder, 'outputs') });
  const names = async (options = workspace()) =>
    (await findLeftovers({ workspaces: [options], home: join(folder, 'no-home') }))
      .map(({ kind, path }) => `${kind} ${relative(folder, path)}`)
      .sort();
  const journal = JSON.stringify({ journal: 1, plan: 'p' });

  it('that were never finished or were refused are leftovers, with journals and dead locks', async () => {
    const outputs = join(folder, 'outputs', 'deep');
    mkdirSync(outputs, { recursive: true });
    for (const name of ['a.gguf', 'a.gguf.partial', 'b.gguf.rejected', 'c.gguf.partial', 'notes.partial'])
      writeFileSync(join(outputs, name), 'x');
    writeFileSync(join(outputs, 'a.gguf.partial.journal'), journal);
    writeFileSync(join(outputs, 'a.gguf.partial.lock'), JSON.stringify({ ...thisProcess(), pid: noProcess }));
    writeFileSync(join(outputs, 'c.gguf.partial.lock'), JSON.stringify(thisProcess()));
    writeFileSync(join(outputs, 'd.gguf.partial.journal'), journal);
    writeFileSync(join(outputs, 'e.gguf.partial.lock'), JSON.stringify({ ...thisProcess(), pid: noProcess }));
    expect(await names()).toEqual([
      'partial outputs/deep/a.gguf.partial',
      'rejected outputs/deep/b.gguf.rejected',
      'temporary outputs/deep/d.gguf.partial.journal',
      'temporary outputs/deep/e.gguf.partial.lock',
    ]);
    for (const item of await findLeftovers({ workspaces: [workspace()], home: join(folder, 'no-home') }))
      expect(await removeLeftover(item)).toBe(true);
    expect(readdirSync(outputs).sort()).toEqual(
      ['a.gguf', 'c.gguf.partial', 'c.gguf.partial.lock', 'notes.partial'],
    );
  }); // prettier-ignore

  it('may be repaired models anywhere in it; downloads of others are nobody\'s business', async () => {
    const models = join(folder, 'models');
    mkdirSync(models);
    for (const name of ['x.repaired.gguf.partial', 'x.repaired.gguf.rejected', 'download.gguf.partial', 'y.gguf.partial', 'z.gguf.rejected'])
      writeFileSync(join(models, name), 'x');
    writeFileSync(join(models, 'y.gguf.partial.journal'), journal);
    expect(await names()).toEqual([
      'partial models/x.repaired.gguf.partial',
      'partial models/y.gguf.partial',
      'rejected models/x.repaired.gguf.rejected',
    ]);
  }); // prettier-ignore

  it('that a writer left half-written count when they are old', async () => {
    mkdirSync(join(folder, 'conversations'));
    const [old, young] = ['c.json.0a1b2c3d.partial', 'c.json.1a1b2c3d.partial'];
    for (const name of [old, young]) writeFileSync(join(folder, 'conversations', name ?? ''), 'x');
    setAge(join(folder, 'conversations', old), 2);
    expect(await names()).toEqual([`partial conversations/${old}`]);
  });

  it('that lie elsewhere count only with a journal of ours', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
    try {
      for (const name of ['a.gguf.partial', 'b.gguf.partial', 'c.gguf.rejected'])
        writeFileSync(join(outer, name), 'x');
      writeFileSync(join(outer, 'b.gguf.partial.journal'), journal);
      const found = await findLeftovers({
        workspaces: [{ folder, outputFolder: outer }],
        home: join(folder, 'no-home'),
      });
      expect(found.map(({ path }) => path)).toEqual([join(outer, 'b.gguf.partial')]);
    } finally {
      rmSync(outer, { recursive: true });
    }
  });

  it('behind links are never listed, and never deleted when a link took their place', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
    try {
      writeFileSync(join(outer, 'mine.gguf.partial'), 'x');
      mkdirSync(join(folder, 'outputs'));
      symlinkSync(outer, join(folder, 'outputs', 'link'));
      symlinkSync(join(outer, 'mine.gguf.partial'), join(folder, 'outputs', 'l.gguf.partial'));
      expect(await names()).toEqual([]);

      mkdirSync(join(folder, 'outputs', 'real'));
      writeFileSync(join(folder, 'outputs', 'real', 'mine.gguf.partial'), 'x');
      const found = await findLeftovers({ workspaces: [workspace()], home: join(folder, 'no-home') });
      expect(found).toHaveLength(1);
      rmSync(join(folder, 'outputs', 'real'), { recursive: true });
      symlinkSync(outer, join(folder, 'outputs', 'real'));
      expect(await removeLeftover(found[0]!)).toBe(false);
      expect(readdirSync(outer)).toEqual(['mine.gguf.partial']);
    } finally {
      rmSync(outer, { recursive: true });
    }
  }); // prettier-ignore
});

describe('the home', () => {
  it('has records of files that are gone', async () => {
    const store = openRecordStore(join(folder, 'store', 'records'));
    for (const name of ['kept.gguf', 'gone.gguf']) {
      writeFileSync(join(folder, name), 'x');
      await store.save({ key: 'a'.repeat(64), path: join(folder, name), sha256: 'b'.repeat(64) });
    }
    rmSync(join(folder, 'gone.gguf'));
    const found = await findLeftovers({ workspaces: [], home: folder });
    expect(found.map(({ kind }) => kind)).toEqual(['record']);
    for (const item of found) expect(await removeLeftover(item)).toBe(true);
    expect(readdirSync(join(folder, 'store', 'records')).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    expect(await store.findByPath(join(folder, 'kept.gguf'))).toBeDefined();
  }); // prettier-ignore

  it('has logs of jobs that ended a month ago; the jobs stay, and one that runs keeps its log', async () => {
    const jobs = openJobStore(folder);
    const job = { kind: 'build', title: 'A build', origin: 'command line', folder } as const;
    const [old, young, runs] = [await jobs.create(job), await jobs.create(job), await jobs.create(job)];
    for (const writer of [old, young, runs]) writer.event({ event: 'notice', level: 'info', message: 'x' });
    for (const writer of [old, young]) {
      writer.update({ state: 'done', endedAt: Date.now() });
      await writer.close();
    }
    await waitFor(() => existsSync(journalOf(runs.id)));
    for (const { id } of [old, runs]) setAge(journalOf(id), 31 * 24);
    const found = await findLeftovers({ workspaces: [], home: folder });
    expect(found.map(({ kind, path }) => [kind, path])).toEqual([['log', journalOf(old.id)]]);
    expect(await removeLeftover(found[0]!)).toBe(true);
    await runs.close();
    expect((await jobs.list()).map(({ id }) => id).sort()).toEqual([old.id, young.id, runs.id].sort());
    expect((await jobs.readLog(old.id, 0)).lines).toEqual([]);
    expect((await jobs.readLog(young.id, 0)).lines).toHaveLength(1);
  }); // prettier-ignore
  const journalOf = (id: string) => join(folder, 'jobs', id, 'journal.jsonl');
});

function setAge(path: string, hours: number): void {
  const time = new Date(Date.now() - hours * 3_600_000);
  utimesSync(path, time, time);
}

async function waitFor(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('chooseThreads', () => {
  it('takes one thread for tiny models and never more than the cores', () => {
    expect(chooseThreads(3e6, 64)).toBe(1);
    expect(chooseThreads(300e6, 64)).toBe(2);
    expect(chooseThreads(300e6, 1)).toBe(1);
    expect(chooseThreads(5e9, 4)).toBe(4);
    expect(chooseThreads(5e9, 64)).toBe(8);
  });
});
