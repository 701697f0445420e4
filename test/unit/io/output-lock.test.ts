import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeOutputLock } from '#src/io/output-lock.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  lock = join(folder, 'x.gguf.partial.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const take = () => takeOutputLock(lock, 'x.gguf');
/** The number of a process that has just ended. */
const deadProcess = () => spawnSync(process.execPath, ['-e', '0']).pid;

const processStatus = (pid: number) => readFile(`/proc/${pid}/stat`, 'utf8');
const startTime = async (pid: number) => (await processStatus(pid)).split(') ')[1]!.split(' ')[19];

describe('the lock of an output', () => {
  it('is there while it is held and gone afterwards', async () => {
    const held = await take();
    expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    await held.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a second holder, naming the first', async () => {
    const held = await take();
    await expectRefusal(take(), 'build/locked', `process ${process.pid}`);
    await held.release();
    await (await take()).release();
  });

  it('is taken over from a process that is gone', async () => {
    await writeFile(lock, JSON.stringify({ pid: deadProcess(), host: hostname(), startedAt: '1' }));
    const held = await take();
    expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    await held.release();
  });

  it('is taken over from a process that was killed and that nobody has asked after', async () => {
    // The shell's child ends at once, but the shell is busy: the child stays a zombie.
    const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30']);
    try {
      const [line] = (await once(shell.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const startedAt = await startTime(pid);
      await expect.poll(async () => /\) Z /.test(await processStatus(pid))).toBe(true);
      await writeFile(lock, JSON.stringify({ pid, host: hostname(), startedAt }));
      await (await take()).release();
    } finally {
      shell.kill('SIGKILL');
    }
  });

  it('is taken over when its process number belongs to another process now', async () => {
    await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname(), startedAt: 'x' }));
    await (await take()).release();
  });

  it.each(['', 'not json', '[]', '{"pid":-1}', '{"pid":"1"}', 'null'])(
    'is taken over when it says nothing sensible: %j',
    async (text) => {
      await writeFile(lock, text);
      await (await take()).release();
    },
  );

  it('is respected when it belongs to another machine', async () => {
    await writeFile(lock, JSON.stringify({ pid: 1, host: 'elsewhere', startedAt: '' }));
    const refusal = await expectRefusal(take(), 'build/locked', 'elsewhere');
    expect(refusal.hint).toContain(lock);
  });

  it('is won by exactly one of many that find a dead one', async () => {
    await writeFile(lock, JSON.stringify({ pid: deadProcess(), host: hostname(), startedAt: '1' }));
    const results = await Promise.allSettled(Array.from({ length: 20 }, take));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['x.gguf.partial.lock']);
  });

  it('survives a takeover that was killed half way', async () => {
    await writeFile(lock, '');
    const guard = `${lock}.takeover`;
    await writeFile(guard, '');
    await expectRefusal(take(), 'build/locked');
    await utimes(guard, new Date(0), new Date(0));
    await (await take()).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails clearly in a folder that is not there', async () => {
    await expectRefusal(takeOutputLock(join(folder, 'no', 'x.lock'), 'x.gguf'), 'io/not-found');
  });
});
