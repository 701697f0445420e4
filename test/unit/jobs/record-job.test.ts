// Work that runs as a job: what the store holds while it runs and when it has ended.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildResult } from '#src/contract/build.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openJobStore, type JobStore, type NewJob } from '#src/io/job-store.ts';
import { createJobProgress } from '#src/jobs/job-progress.ts';
import { recordBuild } from '#src/jobs/record-build.ts';
import { recordJob, type JobWork } from '#src/jobs/record-job.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let home: string;
let store: JobStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'record-job-'));
  store = openJobStore(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const job: NewJob = { kind: 'build', title: 'test', origin: 'script', folder: '/r' };
const result: BuildResult = { files: [], manifests: [], recipeHash: 'h', seconds: 1 };
const params = { recipe: '{}', label: 'r', folder: '/r' };
const untilCancelled: JobWork = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('a recorded job', () => {
  it('holds what its events say and how it ended, when the work is awaited', async () => {
    const seen: StageEvent[] = [];
    const { id, finished } = await recordJob(
      store,
      job,
      (emit) => {
        emit({ event: 'phase', phase: 'write', detail: 'Q8_0' });
        emit({ event: 'step', node: 'q', level: 'Q8_0', state: 'done', done: 4, total: 4 });
        emit({ event: 'notice', level: 'warning', message: 'careful' });
        return Promise.resolve(result);
      },
      { onEvent: (event) => seen.push(event) },
    );
    expect(await finished).toEqual(result);
    expect(seen).toHaveLength(3);
    expect(await store.read(id)).toMatchObject({
      state: 'done',
      result,
      notices: ['careful'],
      steps: [{ node: 'q', level: 'Q8_0', state: 'done', done: 4, total: 4 }],
      startedAt: expect.any(Number) as number,
      endedAt: expect.any(Number) as number,
    });
  });

  it('keeps code, message and hint of what failed', async () => {
    const { id, finished } = await recordJob(store, job, () =>
      Promise.reject(new StudioError('io/disk-full', 'No space.', { hint: 'Free some.' })),
    );
    await expectRefusal(finished, 'io/disk-full');
    expect(await store.read(id)).toMatchObject({
      state: 'failed',
      error: { code: 'io/disk-full', message: 'No space.', hint: 'Free some.' },
    });
  });

  it('waits for its turn as queued, and is cancelled there without having run', async () => {
    let ran = false;
    const recorded = await recordJob(
      store,
      job,
      () => {
        ran = true;
        return Promise.resolve(result);
      },
      { waitForTurn: (signal) => untilCancelled(() => undefined, signal).then(() => undefined) },
    );
    expect(await store.read(recorded.id)).toMatchObject({ state: 'queued' });
    recorded.cancel();
    await expectRefusal(recorded.finished, 'cancelled');
    expect(await store.read(recorded.id)).toMatchObject({ state: 'cancelled' });
    expect(ran).toBe(false);
  });

  it('is cancelled by its caller, by itself and through the store', async () => {
    const stop = new AbortController();
    const first = await recordJob(store, job, untilCancelled, { signal: stop.signal });
    stop.abort();
    await expectRefusal(first.finished, 'cancelled');
    const second = await recordJob(store, { again: first.id }, untilCancelled);
    expect(second.id).toBe(first.id);
    await store.requestCancel(second.id);
    await expectRefusal(second.finished, 'cancelled');
    const third = await recordJob(store, { again: first.id }, () => Promise.resolve(result));
    await third.finished;
    expect(await store.list()).toMatchObject([{ id: first.id, state: 'done' }]);
  });
});

describe('a build whose list cannot be written', () => {
  it('runs all the same and says so', async () => {
    const blocked = join(home, 'file');
    await writeFile(blocked, '');
    const notices: StageEvent[] = [];
    const built = await recordBuild(
      { title: 't', origin: 'script', params },
      () => Promise.resolve(result),
      { store: openJobStore(blocked), onNotice: (event) => notices.push(event) },
    );
    expect(built).toEqual(result);
    expect(JSON.stringify(notices)).toMatch(/not in the list of jobs/);
  });
});

describe('the sight of a job', () => {
  it('tells the time left by the effort, where slow types come after fast ones', () => {
    let now = 0;
    const progress = createJobProgress(() => now);
    for (now = 0; now <= 4; now++) {
      // Most of the bytes are copied, and nearly all of the work is still to come.
      const effort = { done: now, total: 50 };
      progress.take({ event: 'progress', done: now * 20, total: 100, unit: 'bytes', effort });
    }
    expect(progress.sight().progress).toMatchObject({ done: 80, total: 100, secondsLeft: 46 });
  });

  it('tells the time left of the whole and of each step, and forgets progress with its phase', () => {
    let now = 0;
    const progress = createJobProgress(() => now);
    progress.take({ event: 'phase', phase: 'write' });
    for (now = 0; now <= 4; now++) {
      progress.take({ event: 'progress', done: now * 10, total: 100, unit: 'bytes' });
      progress.take({ event: 'step', node: 'q', state: 'running', done: now * 5, total: 100 });
    }
    expect(progress.sight()).toMatchObject({
      phase: 'Write',
      progress: { done: 40, secondsLeft: 6 },
      steps: [{ node: 'q', secondsLeft: 16 }],
    });
    progress.take({ event: 'phase', phase: 'check', detail: 'a.gguf' });
    progress.take({ event: 'step', node: 'q', state: 'done', done: 100, total: 100 });
    expect(progress.sight()).toEqual({
      phase: 'Check a.gguf',
      steps: [{ node: 'q', state: 'done', done: 100, total: 100 }],
      notices: [],
    });
  });
});
