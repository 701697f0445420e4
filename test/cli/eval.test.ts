// `eval` as people run it: a table, JSON, a host that dies in the middle.
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Run } from '#src/contract/quality/run.ts';
import {
  childProcesses,
  seedlingFolder,
  studioFolder,
  waitFor,
  type StudioFolder,
} from '#test/helpers/run-studio.ts';

let folder: StudioFolder;
const base = join(seedlingFolder, 'seedling-4m');
const prose = join(seedlingFolder, 'texts/evaluation/prose.txt');
const words = (...more: string[]) => [
  'eval',
  '-r',
  base,
  'tiny-Q2_K.gguf',
  'tiny-Q8_0.gguf',
  '-f',
  prose,
  '-t',
  '1',
  ...more,
];

beforeAll(async () => {
  folder = studioFolder();
  for (const level of ['Q2_K', 'Q8_0']) {
    const { code, stderr } = await folder.run('quantize', base, `tiny-${level}.gguf`, level);
    if (code !== 0) throw new Error(stderr);
  }
});
afterAll(() => folder.remove());

const chunkFiles = () =>
  folder.files('home', 'measurements').filter((name) => name.endsWith('.chunk'));
const runOf = (result: unknown) => (result as { run: Run }).run;
const figures = (run: Run) =>
  run.measurements.map((measurement) => ({ ...measurement, seconds: 0 }));

it('goes on after the death of its host, with the figures of a run that nothing happened to', async () => {
  const options = ['-c', '64', '--chunks', '60'];
  const whole = await folder.json(...words(...options, '--fresh'));
  expect(whole.document.error).toBeUndefined();
  const total = chunkFiles().length;
  expect(total).toBe(180);
  rmSync(folder.path('home', 'measurements'), { recursive: true });

  const running = folder.start(words(...options));
  await waitFor(() => chunkFiles().length > 70, 'some finished chunks', 120);
  const [host] = childProcesses(running.child.pid!);
  process.kill(host!, 'SIGKILL');
  const { code, stderr } = await running.finished;
  expect(code).toBe(74);
  expect(stderr).toContain('stopped');
  const kept = new Map(
    chunkFiles().map((name) => [name, statSync(folder.path('home', 'measurements', name)).mtimeMs]),
  );
  expect(kept.size).toBeLessThan(total);

  const rest = await folder.json(...words(...options));
  expect(figures(runOf(rest.document.result))).toEqual(figures(runOf(whole.document.result)));
  expect(chunkFiles()).toHaveLength(total);
  for (const [name, time] of kept) {
    expect(statSync(folder.path('home', 'measurements', name)).mtimeMs, name).toBe(time);
  }
});

it('prints a line per file and says where the run is', async () => {
  const { code, stdout } = await folder.run(
    ...words('-c', '128', '--chunks', '3', '--full', '--name', 'Two levels'),
  );
  expect(code).toBe(0);
  expect(stdout).toContain('Two levels');
  expect(stdout).toMatch(/^file +size +bpw +mean KLD +99 % +same top +PPL +PPL ratio$/m);
  expect(stdout).toMatch(/^Q2_K +2\.16 MB +3\.8\d +0\.0\d+ ± 0\.0\d+ /m);
  expect(stdout).toMatch(/^Q8_0 +4\.60 MB +8\.51 +0\.000\d+ ± /m);
  expect(stdout).toMatch(/measurements\/\d{8}-\d{6}-[0-9a-f]{8}\/run\.json/);
  const { document } = await folder.json('jobs');
  expect(JSON.stringify(document.result)).toContain('evaluate Two levels');
});

it('says what is missing or wrong', async () => {
  expect((await folder.run('eval', 'tiny-Q2_K.gguf', '-f', prose)).code).toBe(64);
  expect((await folder.run('eval', '-r', base, 'tiny-Q2_K.gguf')).code).toBe(64);
  const few = folder.path('few.txt');
  writeFileSync(few, 'Four words are here.');
  const short = await folder.json('eval', '-r', base, 'tiny-Q2_K.gguf', '-f', few, '-c', '128');
  expect(short.code).toBe(2);
  expect(short.document.error?.code).toBe('evaluation/text');
  const unknown = await folder.json('eval', '-r', base, 'tiny-Q2_K.gguf', '--suite', 'nothing');
  expect(unknown.document.error?.code).toBe('evaluation/unknown-suite');
});
