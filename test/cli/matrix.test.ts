// `matrix` on Seedling: one adapter, two levels, a few chunks; a host that dies in the middle; input that cannot be measured.
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSchema, type Run } from '#src/contract/quality/run.ts';
import {
  childProcesses,
  seedlingFolder,
  studioFolder,
  waitFor,
  type StudioFolder,
} from '#test/helpers/run-studio.ts';

let folder: StudioFolder;
const base = join(seedlingFolder, 'seedling-4m');
const adapter = join(seedlingFolder, 'adapters/conditions');
const measured = ['-c', '64', '-t', '1'];
const words = (...more: string[]) => [
  'matrix', base, '--lora', adapter, '--levels', 'Q2_K,Q8_0', ...measured, ...more,
]; // prettier-ignore

beforeAll(() => {
  folder = studioFolder();
});
afterAll(() => folder.remove());

const chunkFiles = () => folder.files('home', 'measurements').filter((name) => name.endsWith('.chunk')); // prettier-ignore
const temporaryModels = () => folder.files('home', 'temporary').filter((name) => name.endsWith('.gguf')); // prettier-ignore
const readRun = (id: string) =>
  runSchema.parse(JSON.parse(readFileSync(folder.path('runs', id, 'run.json'), 'utf8')));
const kldOf = (run: Run, subject: string, text: string) =>
  run.measurements.find((one) => one.subject === subject && one.text === text)?.kld.mean.value ?? NaN; // prettier-ignore

it('measures both forms at every level against the base with the adapter', async () => {
  const { code, stdout, stderr } = await folder.run(...words('--chunks', '3', '-o', 'runs/small'));
  expect(stderr).not.toContain('error');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^conditions +0\.\d+ ± 0\.\d+ .* (run time|merged|either)$/m);
  expect(stdout).toContain('Ship at Q8_0');

  const run = readRun('small');
  expect(run.references.map(({ id, adapters }) => [id, adapters.length])).toEqual([
    ['reference', 0],
    ['reference+conditions', 1],
  ]);
  expect(run.referenceOf).toEqual({
    Q2_K: 'reference',
    Q8_0: 'reference',
    'Q2_K+conditions': 'reference+conditions',
    'merged-Q2_K-conditions': 'reference+conditions',
    'Q8_0+conditions': 'reference+conditions',
    'merged-Q8_0-conditions': 'reference+conditions',
  });
  const subject = (id: string) => run.subjects.find((one) => one.id === id);
  expect(subject('Q2_K+conditions')).toMatchObject({ form: 'run-time', level: 'Q2_K' });
  expect(subject('merged-Q2_K-conditions')).toMatchObject({ form: 'merged', adapters: [] });
  expect(subject('Q2_K+conditions')?.sha256).toBe(subject('Q2_K')?.sha256);
  // Two bases on general text, four files on both texts.
  expect(run.measurements).toHaveLength(10);
  const [low, high] = run.matrix;
  expect(low).toMatchObject({
    adapter: 'conditions',
    domain: 'healthcare',
    level: 'Q2_K',
    ownText: 'conditions',
    generalText: 'general',
  });
  expect(high?.retention).toBeCloseTo(1, 2);
  expect(low?.retention).toBeGreaterThan(0.8);
  expect(Math.abs(1 - (low?.retention ?? 1))).toBeGreaterThan(Math.abs(1 - (high?.retention ?? 0)));
  // Seven matrices in each of four layers.
  expect(low?.retentionPerTensor).toHaveLength(28);
  for (const text of ['conditions', 'general']) {
    expect(kldOf(run, 'Q8_0+conditions', text)).toBeLessThan(0.01);
    expect(kldOf(run, 'Q2_K+conditions', text)).toBeGreaterThan(kldOf(run, 'Q8_0+conditions', text)); // prettier-ignore
    expect(kldOf(run, 'merged-Q2_K-conditions', text)).toBeGreaterThan(kldOf(run, 'merged-Q8_0-conditions', text)); // prettier-ignore
  }
  expect(temporaryModels()).toEqual([]);
});

it('goes on after the death of its host, and keeps files that it is asked to keep', async () => {
  rmSync(folder.path('home', 'measurements'), { recursive: true });
  const options = ['--chunks', '24', '--keep', 'models', '-o', 'runs/broken'];
  const running = folder.start(words(...options));
  await waitFor(() => chunkFiles().length > 110, 'chunks of the adapter', 200);
  const [host] = childProcesses(running.child.pid!);
  process.kill(host!, 'SIGKILL');
  expect((await running.finished).code).toBe(74);
  const before = chunkFiles().length;

  const { code, document } = await folder.json(...words(...options));
  expect(document.error).toBeUndefined();
  expect(code).toBe(0);
  expect(folder.files('models').toSorted()).toEqual([
    'seedling-4m-Q2_K.gguf',
    'seedling-4m-Q8_0.gguf',
    'seedling-4m-conditions-Q2_K.gguf',
    'seedling-4m-conditions-Q8_0.gguf',
  ]);
  const run = readRun('broken');
  // Computed in the first go: no time of a whole pass is told.
  expect(run.measurements[0]?.seconds).toBeUndefined();
  expect(run.measurements.at(-1)?.seconds).toBeGreaterThan(0);
  expect(before).toBeLessThan(chunkFiles().length);
  expect(run.subjects.every(({ path }) => path.startsWith(folder.path('models')))).toBe(true);
});

it('says what is missing or does not fit', async () => {
  const other = join(seedlingFolder, 'adapters-gpt2/conditions');
  const wrong = await folder.json('matrix', base, '--lora', other, ...measured);
  expect(wrong.document.error?.code).toBe('adapter/wrong-base');
  expect(wrong.document.error?.message).toContain('The adapter "conditions"');

  const unknown = folder.path('stranger');
  cpSync(adapter, unknown, { recursive: true });
  const textless = await folder.json('matrix', base, '--lora', unknown, ...measured);
  expect(textless.document.error?.code).toBe('evaluation/unknown-suite');
  expect(textless.document.error?.message).toContain('no held-out text for the adapter "stranger"');

  const quantized = folder.path('models', 'seedling-4m-Q8_0.gguf');
  const refused = await folder.json('matrix', quantized, '--lora', adapter, ...measured);
  expect(refused.document.error?.code).toBe('quantize/requantize');

  const short = await folder.json('matrix', base, '--lora', adapter, '-c', '100000');
  expect(short.document.error?.code).toBe('evaluation/text');
  expect((await folder.run('matrix', '--lora', adapter)).code).toBe(64);
  expect((await folder.json('matrix', base, '--lora', adapter, '-f', 'nobody=x.txt')).code).toBe(
    64,
  );
});
