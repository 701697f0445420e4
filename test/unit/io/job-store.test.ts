// The shared job store: what is kept, what other processes see of it, and what a killed owner leaves.
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { jobFiles, type JobRequest } from '#src/io/job-store-files.ts';
import { openJobStore, type JobStore, type NewJob } from '#src/io/job-store.ts';
import { startJobOwner } from '#test/helpers/start-job-owner.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let home: string;
let store: JobStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'jobs-'));
  store = openJobStore(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const request: JobRequest = {
  kind: 'build',
  params: { recipe: '{}', label: 'r', folder: '/r', validate: true, keepTemp: false, overwrite: false, verifyReused: false }, // prettier-ignore
};
const draft = (title = 'a job'): NewJob => ({
  kind: 'build',
  title,
  origin: 'script',
  folder: '/r',
  request,
});

async function ended(title: string, state: 'done' | 'failed' = 'done'): Promise<string> {
  const writer = await store.create(draft(title));
  writer.update({ state, endedAt: Date.now() });
  await writer.close();
  return writer.id;
}

async function until<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<Value> {
  const end = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error('Waited too long.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a job in the store', () => {
  it('is listed while it is queued, runs and has ended', async () => {
    const writer = await store.create(draft());
    expect(await store.list()).toMatchObject([
      { id: writer.id, state: 'queued', canCancel: true, canRetry: false },
    ]);
    writer.update({ state: 'running', startedAt: 5 });
    await until(async () => (await store.read(writer.id))?.state === 'running');
    writer.update({ phase: 'Writing', progress: { done: 1, total: 2, unit: 'bytes' } });
    await until(async () => (await store.read(writer.id))?.progress?.done === 1);
    writer.update({ state: 'failed', progress: undefined, error: { code: 'x', message: 'no' } });
    await writer.close();
    const job = await store.read(writer.id);
    expect(job).toMatchObject({ state: 'failed', canCancel: false, canRetry: true });
    expect(job).not.toHaveProperty('progress');
    expect(await readdir(jobFiles(store.folder, writer.id).folder)).not.toContain('lock');
  });

  it('comes first when it is the newest, and cannot be retried without what that needs', async () => {
    const first = await ended('first', 'failed');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const writer = await store.create({ ...draft('second'), request: undefined });
    writer.update({ state: 'failed' });
    await writer.close();
    const listed = await store.list();
    expect(listed.map(({ title, canRetry }) => [title, canRetry])).toEqual([
      ['second', false],
      ['first', true],
    ]);
    expect(await store.readRequest(first)).toEqual(request);
    expect(await store.readRequest(writer.id)).toBeUndefined();
  });

  it('can be taken up again when it has ended, and its log goes on', async () => {
    const id = await ended('again', 'failed');
    await appendFile(jobFiles(store.folder, id).journal, '{"time":1,"event":{"event":"pha');
    const writer = await store.reopen(id);
    expect(await store.read(id)).toMatchObject({ id, state: 'queued' });
    await expectRefusal(store.reopen(id), 'job/running', /is running/);
    writer.event({ event: 'phase', phase: 'write' });
    await writer.close();
    expect((await store.readLog(id, 0)).lines.map(({ text }) => text)).toEqual(['Write']);
    await expectRefusal(store.reopen('20260101-000000-00000000'), 'job/unknown', /no job/);
  });

  it('is removed when it has ended and not before; a hostile id leads nowhere', async () => {
    const writer = await store.create(draft());
    await expectRefusal(store.remove(writer.id), 'job/running', /is running/);
    await writer.close();
    await store.remove(writer.id);
    expect(await store.list()).toEqual([]);
    await expectRefusal(store.remove('../../etc'), 'job/unknown', /no job/);
    expect(await store.read('../jobs')).toBeUndefined();
  });

  it('does not hide the others when its file is torn or of another kind', async () => {
    const sound = await ended('sound');
    const torn = await ended('torn');
    const other = await ended('other');
    await writeFile(jobFiles(store.folder, torn).job, '{"version":1,"id"');
    await writeFile(jobFiles(store.folder, other).job, '{"version":9}');
    await mkdir(join(store.folder, 'not a job'));
    expect((await store.list()).map(({ id }) => id)).toEqual([sound]);
    expect(await store.prune()).toBe(0);
  });
});

describe('the log', () => {
  it('is read in pieces and ignores a torn last line until it is whole', async () => {
    const writer = await store.create(draft());
    writer.event({ event: 'notice', level: 'warning', message: 'careful' });
    writer.event({ event: 'step', node: 'q', level: 'Q8_0', state: 'failed' });
    await writer.close();
    const { journal } = jobFiles(store.folder, writer.id);
    const first = await store.readLog(writer.id, 0);
    expect(first.lines.map(({ level, text }) => [level, text])).toEqual([
      ['warning', 'careful'],
      ['error', 'q Q8_0: failed'],
    ]);
    const line = `{"time":7,"event":{"event":"phase","phase":"check"}}`;
    await appendFile(journal, `not json\n${line.slice(0, 20)}`);
    const second = await store.readLog(writer.id, first.nextOffset);
    expect(second.lines).toEqual([]);
    await appendFile(journal, `${line.slice(20)}\n`);
    const third = await store.readLog(writer.id, second.nextOffset);
    expect(third).toEqual({
      lines: [{ time: 7, level: 'info', text: 'Check' }],
      nextOffset: (await readFile(journal)).length,
    });
  });

  it('keeps few progress lines, every change of a step, and no figures of steps', async () => {
    const writer = await store.create(draft());
    for (let done = 0; done <= 1000; done++) {
      writer.event({ event: 'progress', done, total: 1000, unit: 'bytes' });
      writer.event({ event: 'step', node: 'q', state: 'running', done, total: 1000 });
    }
    writer.event({ event: 'step', node: 'q', state: 'done', done: 1000, total: 1000 });
    await writer.close();
    const text = await readFile(jobFiles(store.folder, writer.id).journal, 'utf8');
    const events = text.trim().split('\n').map((line) => (JSON.parse(line) as { event: { event: string; state?: string; done?: number } }).event); // prettier-ignore
    const progress = events.filter(({ event }) => event === 'progress');
    expect(progress.length).toBeLessThan(20);
    expect(progress.at(-1)?.done).toBe(1000);
    expect(events.flatMap(({ event, state }) => (event === 'step' ? [state] : []))).toEqual([
      'running',
      'done',
    ]);
  });
});

describe('another process', () => {
  it('sees a job run, can cancel it, and hears of each change', async () => {
    const changes: Job[] = [];
    const watching = store.watch(({ job }) => job !== undefined && changes.push(job));
    const { child, id } = await startJobOwner(home, home);
    try {
      await until(() => changes.some((job) => job.id === id && job.state === 'running'));
      expect(await store.read(id)).toMatchObject({ canCancel: true, origin: 'command line' });
      expect(await store.requestCancel(id)).toBe(true);
      await until(() => changes.some(({ state }) => state === 'cancelled'));
      if (child.exitCode === null) await once(child, 'exit');
      expect(await store.read(id)).toMatchObject({ state: 'cancelled', canCancel: false });
      expect(await store.requestCancel(id)).toBe(false);
    } finally {
      watching.close();
      child.kill('SIGKILL');
    }
  });

  it('shows a job as interrupted when its owner was killed, also to who watches', async () => {
    const { child, id } = await startJobOwner(home, home);
    await until(async () => (await store.read(id))?.steps.length === 1);
    const states: (string | undefined)[] = [];
    const watching = store.watch(({ job }) => states.push(job?.state));
    await watching.ready;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => states.at(-1) === 'interrupted');
    expect(states).toEqual(['running', 'interrupted']);
    expect(await store.read(id)).toMatchObject({
      state: 'interrupted',
      canCancel: false,
      steps: [{ node: 'quantize', level: 'Q8_0', state: 'running', done: 1, total: 4 }],
    });
    await store.remove(id);
    await until(() => states.length === 3);
    expect(states.at(-1)).toBeUndefined();
    watching.close();
  });

  it('is not taken for the owner when it only has the same number', async () => {
    const writer = await store.create(draft());
    const { lock } = jobFiles(store.folder, writer.id);
    const owner = JSON.parse(await readFile(lock, 'utf8')) as { startedAt: string };
    expect((await store.read(writer.id))?.state).toBe('queued');
    // This very process id, but started at another time: the number was used again.
    await writeFile(lock, JSON.stringify({ ...owner, startedAt: '1' }));
    expect((await store.read(writer.id))?.state).toBe('interrupted');
    await writer.close();
  });
});

describe('pruning', () => {
  it('keeps the newest ended jobs and all that run', async () => {
    const running = await store.create(draft('running'));
    const ids: string[] = [];
    for (const title of ['one', 'two', 'three']) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      ids.push(await ended(title));
    }
    expect(await store.prune(2)).toBe(1);
    expect((await store.list()).map(({ id }) => id)).toEqual([ids[2], ids[1], running.id]);
    await running.close();
  });

  it('removes what a process left that was killed while it added a job, once that is old', async () => {
    const folder = join(store.folder, '20260101-000000-deadbeef');
    await mkdir(folder, { recursive: true });
    expect(await store.prune()).toBe(0);
    await utimes(folder, 1, 1);
    expect(await store.prune()).toBe(1);
    expect(await readdir(store.folder)).not.toContain('20260101-000000-deadbeef');
  });
});
