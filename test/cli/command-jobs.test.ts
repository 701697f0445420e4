// The commands that work for a while are jobs of the shared list, as builds are: what they leave in it, and how one that was
// stopped is run again.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Job } from '#src/contract/jobs.ts';
import { openJobStore } from '#src/io/job-store.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const store = openJobStore(folder.path('home'));
afterAll(() => folder.remove());

async function newest(): Promise<Job> {
  const [job] = await store.list();
  if (job === undefined) throw new Error('there is no job');
  return job;
}

describe('a command that writes', () => {
  it('is a job with its line, log and result', async () => {
    const base = `${seedlingFolder}/seedling-4m`;
    const words = ['convert', base, '--outfile', 'my model.gguf', '--outtype', 'f16'];
    expect((await folder.run(...words)).code).toBe(0);
    expect(await newest()).toMatchObject({
      kind: 'convert',
      title: 'convert seedling-4m to F16',
      origin: 'command line',
      state: 'done',
      folder: folder.path(),
      command: `gguf-studio convert ${base} --outfile 'my model.gguf' --outtype f16`,
      canRetry: false,
      result: { files: [{ path: folder.path('my model.gguf'), level: 'F16', reused: false }] },
    });
    const log = await folder.run('jobs', 'log', 'latest');
    expect(log.stdout).toMatch(/Written .*my model\.gguf/);
    const shown = await folder.run('jobs', 'show', 'latest');
    expect(shown.stdout).toContain("--outfile 'my model.gguf'");
  });

  it('that fails keeps its error, and is run again from the list with what it was asked', async () => {
    writeFileSync(folder.path('taken.gguf'), 'foreign');
    const failed = await folder.run('quantize', 'my model.gguf', 'taken.gguf', 'Q8_0');
    expect(failed.code).not.toBe(0);
    expect(await newest()).toMatchObject({
      kind: 'quantize',
      title: 'quantize my model.gguf to Q8_0',
      state: 'failed',
      error: { code: 'output/exists' },
      canRetry: true,
    });
    const { id } = await newest();
    rmSync(folder.path('taken.gguf'));
    const again = await folder.run('jobs', 'retry', id);
    expect(again.stdout).toMatch(/built .*taken\.gguf/);
    expect(await newest()).toMatchObject({
      id,
      state: 'done',
      result: { files: [{ level: 'Q8_0' }] },
    });
  });

  it('leaves no job where it only plans or was mistyped', async () => {
    const { length } = await store.list();
    expect((await folder.run('quantize', '--dry-run', 'my model.gguf', 'Q4_K_M')).code).toBe(0);
    expect((await folder.run('merge', '--base', 'my model.gguf', '--outfile', 'x.gguf')).code).toBe(
      64,
    );
    expect(await store.list()).toHaveLength(length);
  });

  it('is cancelled by another process and leaves nothing half-written', async () => {
    const levels = 'IQ4_XS,IQ3_S,IQ3_M,Q3_K_L,Q5_K_M,Q4_K_M,Q2_K,Q3_K_M';
    const running = folder.start(['quantize', 'my model.gguf', '--outdir', 'many', '--levels', levels, '--threads', '1']); // prettier-ignore
    let job = await newest();
    while (job.kind !== 'quantize' || job.state !== 'running' || job.progress === undefined) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await new Promise((resolve) => setTimeout(resolve, 20));
      job = await newest();
    }
    expect(job.title).toBe('quantize my model.gguf to 8 levels');
    expect((await folder.run('jobs', 'cancel', job.id)).stdout).toMatch(/: cancelled/);
    expect((await running.finished).code).toBe(130);
    expect(existsSync(folder.path('many', 'my model-IQ4_XS.gguf'))).toBe(false);
    expect(await store.read(job.id)).toMatchObject({ state: 'cancelled', canRetry: true });
  });
});

describe('a validation', () => {
  it('is a job that names the valid files', async () => {
    expect((await folder.run('validate', 'my model.gguf', '--structure')).code).toBe(0);
    expect(await newest()).toMatchObject({
      kind: 'validate',
      state: 'done',
      result: { files: [], validated: [folder.path('my model.gguf')] },
    });
    expect((await folder.run('jobs')).stdout).toMatch(/done +1 file valid/);
  });

  it('fails with the error of the command, and its log tells of every file', async () => {
    writeFileSync(folder.path('other.gguf'), '');
    const { code, document } = await folder.json('validate', 'other.gguf', 'my model.gguf', '--structure'); // prettier-ignore
    expect(code).toBe(1);
    const job = await newest();
    expect(job).toMatchObject({
      title: 'validate other.gguf and 1 more',
      state: 'failed',
      error: { code: document.error?.code, message: document.error?.message },
    });
    const { lines } = await store.readLog(job.id, 0);
    const texts = lines.map(({ text }) => text).join('\n');
    expect(texts).toMatch(/other\.gguf: NOT valid[^]*my model\.gguf: valid/);
  });
});
