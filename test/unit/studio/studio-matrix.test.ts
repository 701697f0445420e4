// A matrix started from a window, measured by a real factory host.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStudio, startWatching, type TestStudio } from '#test/helpers/open-test-studio.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let studio: TestStudio;
beforeAll(async () => void (studio = await openTestStudio()));
afterAll(() => studio.dispose());

async function idOf(name: string): Promise<string> {
  const [id] = await studio.studio.acceptPaths([join(studio.workspace, name)]);
  return id!;
}

it('finds the adapter’s own text by its name, and keeps the run in the workspace', async () => {
  const watching = startWatching(studio);
  const job = await studio.call('startMatrix', {
    title: 'Finance',
    base: await idOf('seedling-4m'),
    adapters: [await idOf('adapters/finance')],
    levels: ['Q8_0'],
    contextSize: 64,
    chunks: 2,
  });
  expect(job).toMatchObject({ kind: 'matrix', origin: 'window', title: 'Finance' });
  const ended = await watching.until(
    (event) =>
      event.event === 'job' &&
      event.job.id === job.id &&
      ['done', 'failed', 'cancelled'].includes(event.job.state),
    120,
  );
  expect(ended).toMatchObject({ job: { state: 'done' } });
  await watching.stop();
  const [summary] = await studio.call('listRuns', {});
  const { run, ranking } = await studio.call('readRun', { id: summary!.id });
  expect(run.matrix).toMatchObject([
    { adapter: 'finance', domain: 'business', level: 'Q8_0', ownText: 'finance' },
  ]);
  // Files are ranked among those with the same reference only.
  expect(ranking.comparisons.map(({ left, right }) => [left, right].toSorted())).toEqual([
    ['Q8_0+finance', 'merged-Q8_0-finance'],
  ]);
});

it('names the adapter that has no text', async () => {
  const refused = studio.call('startMatrix', {
    title: 'No text',
    base: await idOf('seedling-4m'),
    adapters: [await idOf('seedling-4m')],
    levels: ['Q8_0'],
  });
  await expectRefusal(refused, 'evaluation/unknown-suite', '"seedling-4m"');
});
