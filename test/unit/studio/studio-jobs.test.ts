// Jobs of the window, run by a real factory host.
import { copyFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import type { WatchEvent } from '#src/contract/studio/state.ts';
import { jobRequestSchema, type AskedRequest } from '#src/io/job-store-files.ts';
import { openJobStore } from '#src/io/job-store.ts';
import { hostPids } from '#test/helpers/host-pid.ts';
import {
  openTestStudio,
  startWatching,
  type TestStudio,
  type Watching,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
let watching: Watching;

beforeAll(async () => {
  studio = await openTestStudio();
  watching = startWatching(studio);
});
afterAll(async () => {
  await watching.stop();
  await studio.dispose();
});

/** Enough work that a build is still running when something happens to it. */
const manyLevels = [
  'F16',
  'Q8_0',
  'Q6_K',
  'Q5_K_M',
  'Q5_K_S',
  'Q5_0',
  'Q4_K_S',
  'Q4_0',
  'Q3_K_L',
  'Q2_K',
];

async function healthcare(levels: string[]): Promise<string> {
  const { text } = await studio.call('makeFromTemplate', {
    template: 'domain',
    domain: 'healthcare',
    levels,
  });
  return text;
}

type JobEvent = Extract<WatchEvent, { event: 'job' }>;

function jobThat(id: string, fits: (job: Job) => boolean, seconds = 60): Promise<JobEvent> {
  return watching.until(
    (event): event is JobEvent => event.event === 'job' && event.job.id === id && fits(event.job),
    seconds,
  );
}

describe('jobs', () => {
  it('plans and builds a domain, one build after the other, and lists its outputs', async () => {
    const text = await healthcare(['Q4_K_M']);
    const first = await studio.call('startBuild', { text, title: 'healthcare' });
    expect(first).toMatchObject({
      origin: 'window',
      kind: 'build',
      title: 'healthcare',
      folder: studio.workspace,
    });
    const second = await studio.call('startBuild', {
      text: await healthcare(['Q5_K_M']),
      title: 'second',
    });
    await jobThat(first.id, ({ state }) => state === 'running');
    expect((await jobThat(second.id, () => true)).job.state).toBe('queued');
    const done = await jobThat(first.id, ({ state }) => state === 'done');
    expect(done.job.steps.length).toBeGreaterThan(0);
    expect(done.job.steps.every(({ state }) => state === 'done' || state === 'reused')).toBe(true);

    const outputs = await studio.call('listJobOutputs', { job: first.id });
    expect(outputs).toMatchObject([{ level: 'Q4_K_M', exists: true }]);
    const [output] = outputs;
    expect((await stat(output?.path ?? '')).size).toBeGreaterThan(1e6);
    const inspection = await studio.call('inspect', { file: output?.id ?? '' });
    expect(inspection.kind).toBe('gguf-model');
    await jobThat(second.id, ({ state }) => state === 'done');

    const plan = await studio.call('planBuild', { text: await healthcare(['Q4_K_M', 'Q2_K']) });
    expect(plan.outputs).toMatchObject([
      { level: 'Q4_K_M', state: 'current', bytes: (await stat(output?.path ?? '')).size },
      { level: 'Q2_K', state: 'new' },
    ]);
  });

  it('tells a job’s log to its end', async () => {
    const job = await studio.call('startBuild', {
      text: await healthcare(['Q4_K_M']),
      title: 'again',
    });
    const lines: string[] = [];
    await studio.call(
      'followJobLog',
      { job: job.id },
      {
        onEvent: (event) => lines.push(...event.lines.map(({ text }) => text)),
      },
    );
    expect(lines.join('\n')).toContain('Unchanged');
    expect(
      (await jobThat(job.id, ({ state }) => state === 'done')).job.result?.files[0]?.reused,
    ).toBe(true);
    await expect(studio.call('cancelJob', { job: job.id })).rejects.toMatchObject({
      code: 'job/state',
    });
    await studio.call('removeJob', { job: job.id });
    await watching.until((event) => event.event === 'job-removed' && event.job === job.id);
    await expect(studio.call('followJobLog', { job: job.id })).rejects.toMatchObject({
      code: 'job/unknown',
    });
  });

  it('cancels a queued job while another runs', async () => {
    const text = await healthcare(['Q6_K', 'Q3_K_M']);
    const first = await studio.call('startBuild', { text, title: 'first' });
    const second = await studio.call('startBuild', { text, title: 'waiting' });
    await studio.call('cancelJob', { job: second.id });
    await jobThat(second.id, ({ state }) => state === 'cancelled');
    await jobThat(first.id, ({ state }) => state === 'done');
  });

  it('fails a job whose host is killed, with the reason, and goes on with a retry', async () => {
    const text = await healthcare(manyLevels);
    const job = await studio.call('startBuild', { text, title: 'killed' });
    await jobThat(job.id, ({ state }) => state === 'running');
    for (const pid of await hostPids('factory')) process.kill(pid, 'SIGKILL');
    const failed = await jobThat(job.id, ({ state }) => state === 'failed');
    expect(failed.job.error).toMatchObject({ code: 'native/crashed' });
    expect(failed.job.error?.message).toContain('SIGKILL');
    expect(failed.job.canRetry).toBe(true);
    await watching.until(
      (event) =>
        event.event === 'host' && event.host.name === 'factory' && event.host.state === 'crashed',
    );
    await studio.call('retryJob', { job: job.id });
    const done = await jobThat(job.id, ({ state }) => state === 'done');
    expect(done.job.result?.files).toHaveLength(manyLevels.length);
  });

  it('goes on with a build while the process that plans is killed', async () => {
    const other = await openTestStudio({ home: studio.home });
    const before = new Set(await hostPids('factory'));
    const { text } = await other.call('makeFromTemplate', {
      template: 'domain',
      domain: 'business',
      levels: manyLevels,
    });
    await other.call('planBuild', { text });
    const planners = (await hostPids('factory')).filter((pid) => !before.has(pid));
    expect(planners).toHaveLength(1);
    const job = await other.call('startBuild', { text, title: 'untouched' });
    await jobThat(job.id, ({ state }) => state === 'running');
    for (const pid of planners) process.kill(pid, 'SIGKILL');
    const ended = await jobThat(job.id, ({ state }) => state !== 'running' && state !== 'queued');
    expect(ended.job.state).toBe('done');
    const plan = await other.call('planBuild', { text });
    expect(plan.outputs.every(({ state }) => state === 'current')).toBe(true);
    await other.dispose();
  });

  it('shows a job that was running when the studio closed as interrupted, and resumes it', async () => {
    const other = await openTestStudio({ home: studio.home });
    const { text } = await other.call('makeFromTemplate', {
      template: 'domain',
      domain: 'education',
      levels: manyLevels,
    });
    const job = await other.call('startBuild', { text, title: 'closed' });
    await jobThat(job.id, ({ state }) => state === 'running');
    await other.dispose();
    const interrupted = await jobThat(
      job.id,
      ({ state }) => state !== 'running' && state !== 'queued',
    );
    expect(interrupted.job.state).toBe('interrupted');
    await studio.call('retryJob', { job: job.id });
    await jobThat(job.id, ({ state }) => state === 'done');
  });

  describe('of the command line', () => {
    const seedling = fileURLToPath(new URL('../../../assets/seedling/', import.meta.url));
    const base = join(seedling, 'seedling-4m');
    const adapter = join(seedling, 'adapters', 'conditions');
    const output = (name: string) => join(studio.home, name);

    /** Leaves what a command leaves that was killed before it began: its request, and no owner. */
    async function addInterrupted(asked: AskedRequest): Promise<string> {
      const request = jobRequestSchema.parse(asked);
      const { kind } = request;
      const writer = await openJobStore(studio.home).create({
        ...{ kind, title: `${kind} of a command`, origin: 'command line', folder: studio.home },
        request,
      });
      await writer.close();
      const { job } = await jobThat(writer.id, ({ state }) => state === 'interrupted');
      expect(job).toMatchObject({ origin: 'command line', canRetry: true });
      return writer.id;
    }

    const writing: [AskedRequest['kind'], string, (path: string) => AskedRequest][] = [
      [
        'convert',
        'F16',
        (path) => ({ kind: 'convert', params: { folder: base, output: path, outtype: 'f16' } }),
      ],
      [
        'convert-lora',
        'F16',
        (path) => ({
          kind: 'convert-lora',
          params: { adapter, base, output: path, outtype: 'f16' },
        }),
      ],
      [
        'merge',
        'F16',
        (path) => ({
          kind: 'merge',
          params: {
            ...{ base, adapters: [{ path: adapter, scale: 1 }], method: 'sum' },
            ...{ output: path, outtype: 'f16' },
          },
        }),
      ],
      [
        'quantize',
        'Q8_0',
        (path) => ({
          kind: 'quantize',
          params: { input: base, outputs: [{ level: 'Q8_0', path }] },
        }),
      ],
    ];
    it.each(writing)('that %s are run again from the window', async (kind, level, requestOf) => {
      const path = output(`${kind}.gguf`);
      const id = await addInterrupted(requestOf(path));
      // Another's file stands where its output goes: the real host refuses, and the job can be tried once more.
      await writeFile(path, 'foreign');
      await studio.call('retryJob', { job: id });
      const failed = await jobThat(id, ({ state }) => state === 'failed');
      expect(failed.job).toMatchObject({ error: { code: 'output/exists' }, canRetry: true });

      await rm(path);
      const again = await studio.call('retryJob', { job: id });
      expect(again).toMatchObject({ id, kind, origin: 'command line' });
      const done = await jobThat(id, ({ state }) => state === 'done');
      expect(done.job).toMatchObject({ result: { files: [{ path, level }] }, canRetry: false });
      expect(done.job.error).toBeUndefined();
      const [written] = await studio.call('listJobOutputs', { job: id });
      expect(written).toMatchObject({ path, level, exists: true });
      const inspection = await studio.call('inspect', { file: written?.id ?? '' });
      expect(inspection.kind).toBe(kind === 'convert-lora' ? 'gguf-adapter' : 'gguf-model');
      await expect(studio.call('retryJob', { job: id })).rejects.toMatchObject({
        code: 'job/state',
      });
    });

    it('that validate fail with the file’s fault, and find it valid once it is', async () => {
      const path = output('checked.gguf');
      await writeFile(path, 'GGUF of no use');
      const params = { paths: [path], depth: 'full' as const };
      const id = await addInterrupted({ kind: 'validate', params });
      await studio.call('retryJob', { job: id });
      const failed = await jobThat(id, ({ state }) => state === 'failed');
      expect(failed.job.error?.message).toContain('checked.gguf');
      await copyFile(output('quantize.gguf'), path);
      await studio.call('retryJob', { job: id });
      const done = await jobThat(id, ({ state }) => state === 'done');
      expect(done.job.result).toMatchObject({ files: [], validated: [path] });
    });

    it('whose request is not kept are refused with a way on', async () => {
      const writer = await openJobStore(studio.home).create({
        ...{ kind: 'convert', title: 'old', origin: 'command line', folder: studio.home },
      });
      await writer.close();
      await expect(studio.call('retryJob', { job: writer.id })).rejects.toMatchObject({
        code: 'job/state',
        hint: expect.stringContaining('same command') as string,
      });
    });
  });

  it('refuses recipes whose paths lead out of the allowed folders', async () => {
    const text = JSON.stringify({
      version: 1,
      nodes: [
        { id: 'base', kind: 'base', path: 'seedling-4m' },
        { id: 'quantize', kind: 'quantize', levels: ['Q8_0'], folder: '/proc/outputs' },
      ],
      edges: [{ from: 'base', to: 'quantize' }],
    });
    await expect(studio.call('startBuild', { text, title: 'x' })).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
    await expect(studio.call('planBuild', { text })).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
  });

  it.each([
    ['routing set', { routing: '/proc/self/environ' }],
    ['companion', { companions: [{ role: 'emotion', path: '/proc/self/environ' }] }],
  ])('refuses a family whose %s lies outside of them', async (_, outside) => {
    const family = { id: 'family', kind: 'family', name: 'x', folder: 'outputs', ...outside };
    const text = JSON.stringify({ version: 1, nodes: [family], edges: [] });
    await expect(studio.call('planBuild', { text })).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
  });
});
