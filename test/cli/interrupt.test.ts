// Interrupted runs: Ctrl+C, and a host that is killed. Nothing half-written ever has a final name, and the same command
// ends the work.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  childProcesses,
  seedlingFolder,
  studioFolder,
  waitFor,
  type Running,
} from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const model = folder.path('model.gguf');
// Slow levels on one thread: about ten seconds of work for Seedling.
const firstLevel = 'IQ4_XS';
const levels = [firstLevel, 'IQ3_S', 'IQ3_M', 'Q3_K_L', 'Q5_K_M', 'Q4_K_M', 'Q2_K', 'Q3_K_M'];
const words = (outdir: string) => [
  'quantize', model, '--outdir', outdir, '--levels', levels.join(','), '--threads', '1',
]; // prettier-ignore

beforeAll(async () => {
  const { code } = await folder.run('convert', `${seedlingFolder}/seedling-4m`, '--outfile', model);
  expect(code).toBe(0);
});
afterAll(() => folder.remove());

/** Waits until some tensors, not all, are finished. */
async function someTensorsAreDone(running: Running, outdir: string): Promise<void> {
  const journal = folder.path(outdir, `model-${firstLevel}.gguf.partial.journal`);
  await waitFor(() => {
    if (running.child.exitCode !== null) throw new Error(`It ended before: ${running.stderr()}`);
    return existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 4;
  }, 'finished tensors');
}

const filesIn = (outdir: string) => readdirSync(folder.path(outdir)).sort();

describe('Ctrl+C', () => {
  it('ends with 130 and leaves nothing behind', async () => {
    mkdirSync(folder.path('cancelled'));
    const running = folder.start(words('cancelled'));
    await someTensorsAreDone(running, 'cancelled');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('Cancelled.');
    expect(stderr).not.toContain('Error');
    expect(filesIn('cancelled')).toEqual([]);
  });

  it('is one JSON document with --json', async () => {
    mkdirSync(folder.path('json'));
    const running = folder.start([...words('json'), '--json']);
    await someTensorsAreDone(running, 'json');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });
});

describe.runIf(process.platform === 'linux')('a factory host that is killed', () => {
  it('is an error with exit code 74, and the same command goes on to the same bytes', async () => {
    mkdirSync(folder.path('killed'));
    mkdirSync(folder.path('whole'));
    const running = folder.start([...words('killed'), '--json']);
    await someTensorsAreDone(running, 'killed');
    const [host] = childProcesses(running.child.pid ?? 0);
    expect(host).toBeDefined();
    process.kill(host ?? 0, 'SIGKILL');
    const { code, stdout } = await running.finished;
    expect(code).toBe(74);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'native/crashed', details: { method: 'quantize', reason: 'signal SIGKILL' } },
    });
    expect(filesIn('killed').filter((name) => name.endsWith('.gguf'))).toEqual([]);

    const again = await folder.json(...words('killed'));
    expect(again.code).toBe(0);
    const outputs = again.document.result?.['outputs'] as { reusedTensors: number }[];
    expect(outputs.map(({ reusedTensors }) => reusedTensors > 0)).toContain(true);
    const names = levels.map((level) => `model-${level}.gguf`).sort();
    expect(filesIn('killed')).toEqual(names);

    const whole = await folder.run(...words('whole'));
    expect(whole.code).toBe(0);
    for (const name of names) {
      const equal = readFileSync(folder.path('killed', name)).equals(
        readFileSync(folder.path('whole', name)),
      );
      expect(equal, name).toBe(true);
    }
  });

  it('does not outlive a command line that is killed', async () => {
    mkdirSync(folder.path('orphan'));
    const running = folder.start(words('orphan'));
    await someTensorsAreDone(running, 'orphan');
    const [host = 0] = childProcesses(running.child.pid ?? 0);
    running.child.kill('SIGKILL');
    await running.finished;
    await waitFor(() => !existsSync(`/proc/${host}`), 'the host to end', 15);
    expect(filesIn('orphan').filter((name) => name.endsWith('.gguf'))).toEqual([]);
    // Nobody cancelled: what is finished is gone on with.
    const again = folder.start(words('orphan'));
    await waitFor(() => again.stderr().includes('going on with an interrupted run'), 'a resume');
    again.child.kill('SIGINT');
    expect((await again.finished).code).toBe(130);
  });
});
