// The Doctor's part of the studio, with real hosts: what a folder lists, a check and a repair as the window asks for them, and
// leftovers that only this studio may name.
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { Job } from '#src/contract/jobs.ts';
import type { WatchEvent } from '#src/contract/studio/state.ts';
import {
  openTestStudio,
  startWatching,
  type TestStudio,
  type Watching,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
let watching: Watching;
/** One level of a parent with damage in its middle, without its healthy original. */
let damaged: string;
let original: Buffer;

type JobEvent = Extract<WatchEvent, { event: 'job' }>;
const jobThat = (fits: (job: Job) => boolean) =>
  watching.until((event): event is JobEvent => event.event === 'job' && fits(event.job), 90);
const idOf = async (path: string) => (await studio.studio.acceptPaths([path]))[0] ?? '';

beforeAll(async () => {
  studio = await openTestStudio();
  watching = startWatching(studio);
  const { text } = await studio.call('makeFromTemplate', {
    template: 'domain',
    domain: 'healthcare',
    levels: ['Q4_K_M'],
  });
  const { id } = await studio.call('startBuild', { text, title: 'healthcare' });
  const { job } = await jobThat((each) => each.id === id && each.state === 'done');
  const built = job.result?.files[0]?.path ?? '';
  original = await readFile(built);
  damaged = join(dirname(built), 'damaged.gguf');
  await rename(built, damaged);
  const bytes = Buffer.from(original);
  const at = Math.floor(bytes.length / 2);
  bytes.fill(0xff, at, at + 64);
  await writeFile(damaged, bytes);
}, 120_000);
afterAll(async () => {
  await watching.stop();
  await studio.dispose();
});

describe('files to check', () => {
  it('are whole models and first parts of a folder, and any file by itself', async () => {
    const folder = join(studio.workspace, 'outputs', 'listed');
    await mkdir(join(folder, 'inner'), { recursive: true });
    for (const name of [
      'b-00001-of-00002.gguf',
      'b-00002-of-00002.gguf',
      'inner/a.GGUF',
      'notes.txt',
      '.hidden.gguf',
    ]) {
      await writeFile(join(folder, name), name);
    }
    const listed = await studio.call('listModelFiles', { folder: await idOf(folder) });
    expect(listed.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['b-00001-of-00002.gguf', 21],
      ['a.GGUF', 12],
    ]);
    const notes = await idOf(join(folder, 'notes.txt'));
    expect(await studio.call('listModelFiles', { folder: notes })).toMatchObject([
      { name: 'notes.txt', bytes: 9 },
    ]);
  });
});

describe('a damaged file', () => {
  it('is diagnosed, repaired as a job, and can be named afterwards', async () => {
    const file = await idOf(damaged);
    const events: DiagnosisEvent[] = [];
    const { diagnosis, behaviour } = await studio.call(
      'diagnose',
      { file, depth: 'full', behaviour: false },
      { onEvent: (event) => events.push(event) },
    );
    expect(behaviour).toBeUndefined();
    expect(diagnosis.findings.map(({ code }) => code)).toContain('hashes/tensor');
    expect(events.filter(({ event }) => event === 'finding')).toHaveLength(
      diagnosis.findings.length,
    );
    const plan = await studio.call('planRepair', { file });
    const { bytes, modified } = plan;
    const steps = plan.steps.map(({ id }) => id);
    const { report, output } = await studio.call('repair', { file, bytes, modified, steps });
    expect(report.after.verdict).toBe('healthy');
    expect(report.behaviour?.answers.length).toBeGreaterThan(0);
    expect((await readFile(report.output)).equals(original)).toBe(true);
    expect(await studio.call('listModelFiles', { folder: output.id })).toHaveLength(1);
    const { job } = await jobThat(({ kind, state }) => kind === 'repair' && state === 'done');
    expect(job).toMatchObject({ origin: 'window', title: 'repair damaged.gguf' });
  }, 120_000);

  it('is left alone by a repair that is cancelled', async () => {
    const file = await idOf(damaged);
    const before = await readdir(dirname(damaged));
    const { bytes, modified, steps } = await studio.call('planRepair', { file });
    const stop = new AbortController();
    const repairing = studio.call(
      'repair',
      { file, bytes, modified, steps: steps.map(({ id }) => id) },
      { signal: stop.signal },
    );
    stop.abort();
    await expect(repairing).rejects.toMatchObject({ code: 'cancelled' });
    expect((await readdir(dirname(damaged))).sort()).toEqual(before.sort());
  }, 60_000);
});

describe('leftovers', () => {
  it('are deleted when they are named and found here, and nothing else is', async () => {
    const rejected = join(studio.workspace, 'outputs', 'x-Q4_K_M.gguf.rejected');
    await writeFile(rejected, Buffer.alloc(1000));
    const found = await studio.call('findLeftovers', { cache: false });
    const mine = found.find(({ path }) => path === rejected);
    expect(mine).toMatchObject({ kind: 'rejected', companions: [] });
    const paths = [rejected, damaged, join(studio.home, 'settings.json')];
    expect(await studio.call('removeLeftovers', { paths })).toEqual({
      removed: [rejected],
      bytes: mine?.bytes,
    });
    await expect(stat(damaged)).resolves.toBeDefined();
  });
});
