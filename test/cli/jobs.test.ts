// The shared list of jobs, from the command line: what a build leaves in it, and what can be done with a job that another
// process runs or that was killed.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { openJobStore } from '#src/io/job-store.ts';
import { seedlingFolder, studioFolder, waitFor, type Running } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const store = openJobStore(folder.path('home'));
// Slow levels on one thread: some ten seconds of work for Seedling.
const levels = ['IQ4_XS', 'IQ3_S', 'IQ3_M', 'Q3_K_L', 'Q5_K_M', 'Q4_K_M', 'Q2_K', 'Q3_K_M'];

function writeRecipe(name: string, ownLevels: readonly string[]): void {
  const nodes = [
    { id: 'base', kind: 'base', path: `${seedlingFolder}/seedling-4m` },
    { id: 'quantize', kind: 'quantize', levels: ownLevels, folder: `out-${name}` },
  ];
  const recipe = { version: 1, nodes, edges: [{ from: 'base', to: 'quantize' }] };
  writeFileSync(folder.path(`${name}.recipe.json`), JSON.stringify(recipe));
}

beforeAll(() => {
  mkdirSync(folder.path('home'), { recursive: true });
  writeRecipe('quick', ['Q8_0']);
  writeRecipe('slow', levels);
});
afterAll(() => folder.remove());

const slowBuild = () => folder.start(['build', 'slow.recipe.json', '--threads', '1', '--no-validate']); // prettier-ignore

/** The newest job, once a level of it is being written. */
async function writingJob(running: Running): Promise<Job> {
  const known = new Set((await store.list()).map(({ id }) => id));
  for (;;) {
    if (running.child.exitCode !== null) throw new Error(`It ended before: ${running.stderr()}`);
    const job = (await store.list()).find(({ id }) => !known.has(id));
    if (job?.state === 'running' && job.steps.some(({ level, done = 0 }) => level !== undefined && done > 0)) return job; // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a build on the command line', () => {
  it('is a job with its steps, log and result', async () => {
    expect((await folder.run('jobs')).stdout).toMatch(/No jobs yet/);
    expect((await folder.run('build', 'quick.recipe.json', '--no-validate')).code).toBe(0);
    const { document } = await folder.json('jobs');
    expect(document.result).toMatchObject({
      total: 1,
      jobs: [
        {
          state: 'done',
          origin: 'command line',
          title: 'quick.recipe.json',
          recipePath: folder.path('quick.recipe.json'),
          canCancel: false,
          steps: [
            { node: 'base', state: 'done' },
            { node: 'quantize', level: 'Q8_0', state: 'done' },
          ],
        },
      ],
    });
    const shown = await folder.run('jobs', 'show', 'latest');
    expect(shown.stdout).toMatch(/quantize +Q8_0 +done +100 %/);
    const log = await folder.run('jobs', 'log', 'latest');
    expect(log.stdout).toMatch(/Written .*seedling-4m-Q8_0\.gguf/);
    expect(log.stdout).not.toMatch(/llama_graph/);
  });

  it('that fails keeps its error, and can be retried when its reason is gone', async () => {
    const recipe = { version: 1, nodes: [{ id: 'base', kind: 'base', path: 'none' }, { id: 'q', kind: 'quantize', levels: ['Q8_0'], folder: 'again' }], edges: [{ from: 'base', to: 'q' }] }; // prettier-ignore
    writeFileSync(folder.path('broken.recipe.json'), JSON.stringify(recipe));
    const { code } = await folder.run('build', 'broken.recipe.json', '--no-validate');
    expect(code).toBe(2);
    const [job] = await store.list();
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'io/not-found' },
      steps: [
        { node: 'base', state: 'failed' },
        { node: 'q', state: 'waiting' },
      ],
      canRetry: true,
    });
    cpSync(`${seedlingFolder}/seedling-4m`, folder.path('none'), { recursive: true });
    const retried = await folder.json('jobs', 'retry', (job?.id ?? '').slice(-8));
    expect(retried.document).toMatchObject({ ok: true, result: { id: job?.id } });
    expect(await store.read(job?.id ?? '')).toMatchObject({ state: 'done' });
  });
});

describe('a job of another process', () => {
  it('is cancelled by jobs cancel, and ends as with Ctrl+C', async () => {
    const running = slowBuild();
    const job = await writingJob(running);
    expect(job.steps.map(({ node }) => node)).toContain('quantize');
    const cancelled = await folder.json('jobs', 'cancel', 'latest');
    expect(cancelled.document.result).toMatchObject({ id: job.id, state: 'cancelled' });
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/Error/);
  });

  it('is cancelled by Ctrl+C in its own terminal', async () => {
    const running = slowBuild();
    const job = await writingJob(running);
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    expect(await store.read(job.id)).toMatchObject({ state: 'cancelled', canRetry: true });
  });

  it('is interrupted when it is killed, cannot be cancelled then, and is resumed', async () => {
    const running = slowBuild();
    const job = await writingJob(running);
    running.child.kill('SIGKILL');
    await running.finished;
    await waitFor(() => running.child.exitCode !== null || running.child.signalCode !== null, 'its end'); // prettier-ignore
    expect(await store.read(job.id)).toMatchObject({ state: 'interrupted', canRetry: true });
    const refused = await folder.json('jobs', 'cancel', job.id);
    expect(refused.document.error).toMatchObject({ code: 'job/state' });
    // The killed command's host notices that it is alone and lets go of the outputs.
    const resumed = await folder.json('jobs', 'resume', job.id);
    expect(resumed.document.error).toBeUndefined();
    expect(resumed.stderr).toMatch(/going on with an interrupted run/);
    expect(await store.read(job.id)).toMatchObject({ state: 'done' });
    const ids = (await store.list()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await folder.run('jobs', 'remove', ...ids)).code).toBe(0);
    expect(await store.list()).toEqual([]);
  });
});

describe('words that are wrong', () => {
  it.each([
    [['jobs', 'sho', 'x'], /Did you mean show/],
    [['jobs', 'show'], /needs a job/],
    [['jobs', 'log', '2001'], /There is no job "2001"/],
  ])('%j are told', async (words, message) => {
    const { code, stderr } = await folder.run(...words);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
