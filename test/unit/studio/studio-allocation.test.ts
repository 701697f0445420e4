// Hybrids fitted from a window, by a real factory host.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { openTestStudio, startWatching, type TestStudio } from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
beforeAll(async () => void (studio = await openTestStudio()));
afterAll(() => studio.dispose());

async function idOf(name: string): Promise<string> {
  const [id] = await studio.studio.acceptPaths([join(studio.workspace, name)]);
  return id!;
}

type Asked = Parameters<typeof studio.call<'startAllocation'>>[1];
const asked = async (changes: Partial<Asked> = {}): Promise<Asked> => ({
  title: 'Hybrid',
  source: await idOf('seedling-4m'),
  budget: { kind: 'level', level: 'Q2_K' },
  contextSize: 32,
  chunks: 3,
  probe: false,
  tensorErrors: false,
  output: { name: 'hybrid' },
  ...changes,
});

/** The job when it is in one of these states. */
async function untilState(id: string, ...states: readonly Job['state'][]): Promise<Job> {
  const fits = (job: Job) => job.id === id && states.includes(job.state);
  const watching = startWatching(studio);
  const event = await watching.until(
    (each) =>
      (each.event === 'job' && fits(each.job)) || (each.event === 'jobs' && each.jobs.some(fits)),
    120,
  );
  await watching.stop();
  if (event.event === 'job') return event.job;
  return (event.event === 'jobs' ? event.jobs.find(fits) : undefined)!;
}
const untilEnded = (id: string) => untilState(id, 'done', 'failed', 'cancelled');

it('fits a hybrid on suites of its own choice, as a job whose run and file are found', async () => {
  const job = await studio.call('startAllocation', await asked());
  expect(job).toMatchObject({ kind: 'allocate', origin: 'window', title: 'Hybrid' });
  const ended = await untilEnded(job.id);
  expect(ended).toMatchObject({ state: 'done' });
  expect(ended.steps.map(({ node, state }) => `${node} ${state}`)).toEqual([
    'Rounding errors done',
    'Proof done',
    'Output done',
  ]);
  const path = join(studio.workspace, 'outputs', 'hybrid.gguf');
  expect(ended.result?.files).toMatchObject([{ path, bytes: (await stat(path)).size }]);
  expect(ended.result?.files[0]?.bitsPerWeight).toBeGreaterThan(2);
  const [summary] = await studio.call('listRuns', {});
  expect(summary?.id).toBe(ended.result?.run);
  const { run, ranking } = await studio.call('readRun', { id: summary!.id });
  expect(run.texts.map(({ id }) => id)).toEqual(['general', 'code', 'conditions', 'science']);
  expect(run.allocation?.probeTexts).toEqual(['Language', 'Sea stories', 'Organizations']);
  expect(ranking.comparisons).toHaveLength(1);
  const { text } = await studio.call('makeReport', { id: summary!.id, format: 'markdown' });
  expect(text).toContain(run.allocation!.reason.slice(0, 20));
});

it('tells before any job that the output is there', async () => {
  await writeFile(join(studio.workspace, 'outputs', 'taken.gguf'), 'mine');
  const taken = { output: { name: 'taken.gguf' } };
  await expectRefusal(
    studio.call('startAllocation', await asked(taken)),
    'output/exists',
    'taken.gguf',
  );
  expect(await readFile(join(studio.workspace, 'outputs', 'taken.gguf'), 'utf8')).toBe('mine');
  await expectRefusal(
    studio.call('startAllocation', await asked({ output: { name: '../out' } })),
    'file/not-allowed',
  );
});

it('fails where the search reads what is held out, and leaves neither file nor run', async () => {
  const before = await studio.call('listRuns', {});
  const both = { suites: ['science'], probeSuites: ['science'], output: { name: 'seen' } };
  const job = await studio.call('startAllocation', await asked(both));
  expect(await untilEnded(job.id)).toMatchObject({
    state: 'failed',
    error: { code: 'evaluation/overlap' },
  });
  expect(await studio.call('listRuns', {})).toEqual(before);
  expect(await readdir(join(studio.workspace, 'outputs'))).not.toContain('seen.gguf');
});

it('goes on after a cancel where it stopped', async () => {
  const changes = { probe: true, probeChunks: 2, output: { name: 'again' }, title: 'Again' };
  const job = await studio.call('startAllocation', await asked(changes));
  const watching = startWatching(studio);
  await watching.until(
    (each) =>
      each.event === 'job' &&
      each.job.id === job.id &&
      each.job.steps.some(({ node, done = 0 }) => node === 'Probes' && done > 0),
    120,
  );
  await watching.stop();
  await studio.call('cancelJob', { job: job.id });
  expect(await untilEnded(job.id)).toMatchObject({ state: 'cancelled', canRetry: true });
  await studio.call('retryJob', { job: job.id });
  const again = await untilState(job.id, 'done', 'failed');
  expect(again).toMatchObject({ state: 'done', result: { files: [{}] } });
  expect((await studio.call('listRuns', {}))[0]?.title).toBe('Again');
});
