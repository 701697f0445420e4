// Hybrid quantization of Seedling, end to end in this process: sampled errors, probes, the search, the proof, the file.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocateModel } from '#electron/factory/allocate/allocate-model.ts';
import { driftOfChunk } from '#electron/factory/evaluate/read-run-files.ts';
import { localErrors } from '#electron/factory/allocate/local-errors.ts';
import { dryRunnerIn } from '#electron/factory/quantize/dry-runner.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import { parseTensorTypeFile } from '#src/allocation/tensor-type-file.ts';
import { allocateParams } from '#src/contract/quality/allocate.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import { readRun } from '#src/io/run-store.ts';
import { openBase, openGgufFile } from '#src/jobs/open-sources.ts';
import { planQuantization } from '#src/stages/quantize/plan-quantization.ts';
import { isQuantizedType } from '#src/tensors/ggml-types.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { seedlingBase, seedlingText } from '#test/helpers/measured-files.ts';

const assets = fileURLToPath(new URL('../../../../../assets/', import.meta.url));
const imatrix = (name: string) => join(assets, 'seedling/imatrix', `${name}.imatrix.gguf`);
const oldHome = process.env['GGUF_STUDIO_HOME'];
const signal = new AbortController().signal;
const emit = () => undefined;
let folder = '';
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allocate-'));
  process.env['GGUF_STUDIO_HOME'] = at('home');
  // koffi registers no callbacks any more once a worker thread that used it has ended.
  nativeLibrary();
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

const text = (id: string, path: string) => ({ id, title: id, paths: [path], parseSpecial: true });
const held = text('held', seedlingText('sea_stories'));
const probed = text('probe', join(assets, 'seedling/texts/calibration/general.txt'));

let runs = 0;
function asked(changes: Record<string, unknown>) {
  return allocateParams.parse({
    folder: at('measurements'),
    id: `run-${++runs}`,
    title: 'Hybrid',
    source: { path: seedlingBase },
    budget: { kind: 'level', level: 'Q2_K' },
    probeTexts: [probed],
    texts: [held],
    contextSize: 32,
    probeChunks: 2,
    chunks: 12,
    probe: false,
    output: at('out.gguf'),
    threads: 1,
    ...changes,
  });
}
const allocate = (changes: Record<string, unknown>) =>
  allocateModel(asked(changes), { signal, emit });

describe('allocateModel', () => {
  it('beats Q2_K at its own size, with a probe per tensor, and leaves nothing behind', async () => {
    const result = await allocate({ probe: true, tensorTypeFile: at('types.txt') });
    expect(result.kept).toBe('hybrid');
    expect(result.comparison.verdict).toBe('closer');
    expect(result.reason).toMatch(/^Hybrid: it is measurably closer .* than Q2_K/);
    expect(result.hybrid.bytes).toBeLessThanOrEqual(result.stock.bytes);
    expect(result.hybrid.bytes).toBeGreaterThan(0.999 * result.stock.bytes);
    expect(result.allocation.groups.every(({ probeKld }) => probeKld !== undefined)).toBe(true);
    const content = await readFile(result.path);
    expect(content.length).toBe(result.hybrid.bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(result.sha256);
    expect(await readdir(at('home', 'temporary'))).toEqual(['.gguf-studio-folder']);

    const written = await openGgufFile(result.path);
    const types = new Map(written.tensors.map(({ name, type }) => [name, type]));
    expect(entryString(written.metadata, 'studio.allocation.budget')).toBe('Q2_K');
    expect(entryNumber(written.metadata, 'general.file_type')).toBe(10);
    await written.close();
    for (const { name, type } of result.allocation.tensors) expect(types.get(name)).toBe(type);
    const quantized = [...types].filter(([, type]) => isQuantizedType(type));
    expect(quantized.length).toBe(result.allocation.tensors.length);

    // llama.cpp itself reads the file of types the same way, whatever the level.
    const entries = parseTensorTypeFile(await readFile(at('types.txt'), 'utf8'), 'types.txt');
    const base = await openBase(seedlingBase);
    const openDryRun = dryRunnerIn(at('home', 'temporary'), nativeLibrary());
    const plan = await planQuantization(
      base.content,
      'Q5_K_M',
      { tensorTypes: entries },
      openDryRun,
    );
    await base.content.close();
    for (const { name, type } of plan.tensors) expect(type).toBe(types.get(name));
  }, 180_000);

  it('keeps the proof as a run that ranks the two as the verdict did', async () => {
    const result = await allocate({ output: at('kept.gguf'), tensorErrors: true });
    const run = await readRun(result.run.path, result.run.id);
    expect(result.run.path).toBe(at('measurements', result.run.id, 'run.json'));
    expect(run.subjects.map(({ id, form }) => [id, form])).toEqual([
      ['hybrid', 'hybrid'],
      ['Q2_K', 'stock'],
    ]);
    expect(run.subjects[0]).toMatchObject({ path: result.path, sha256: result.sha256 });
    expect(run.allocation).toMatchObject({ hybrid: 'hybrid', stock: 'Q2_K', kept: 'hybrid' });
    expect(run.allocation?.output).toBe(result.path);
    const [ranked] = rankRun(run).comparisons;
    const mirrored = ranked?.left !== 'hybrid';
    expect(ranked).toMatchObject({ verdict: mirrored ? 'farther' : 'closer' });
    expect(Math.abs(ranked!.difference)).toBeCloseTo(Math.abs(result.comparison.difference), 12);
    const types = new Map(run.tensors[0]?.tensors.map(({ name, type }) => [name, type]));
    for (const { name, type } of result.allocation.tensors) expect(types.get(name)).toBe(type);
    for (const { tensors } of run.tensors)
      expect(tensors.every(({ relativeError }) => relativeError !== undefined)).toBe(true);
    // Its token files serve the drift view.
    const drift = await driftOfChunk({
      runFolder: at('measurements', run.id),
      subject: 'Q2_K',
      text: 'held',
      chunk: 0,
    });
    expect(drift.tokens).toHaveLength(32);
  }, 120_000);

  it('keeps the stock level where nothing can be told apart, and says so', async () => {
    const output = at('q8.gguf');
    const budget = { kind: 'level', level: 'Q8_0' };
    const result = await allocate({ budget, output, chunks: 2 });
    const run = await readRun(result.run.path, result.run.id);
    expect(run.subjects.find(({ id }) => id === 'Q8_0')?.path).toBe(output);
    expect(run.notices.at(-1)).toMatch(/^The file of hybrid was temporary/);
    expect(result.kept).toBe('stock');
    expect(result.reason).toMatch(/^Q8_0 kept: /);
    expect((await stat(output)).size).toBe(result.stock.bytes);
  }, 120_000);

  it('finds a smaller file for a KLD on held-out text than any level that has it', async () => {
    const output = at('kld.gguf');
    const budget = { kind: 'kld', kld: 0.03 };
    const result = await allocate({ budget, output, chunks: 4 });
    expect(result.hybrid.kld.value).toBeLessThanOrEqual(0.03);
    expect(result.stock.kld.value).toBeLessThanOrEqual(0.03);
    expect(result.hybrid.bytes).toBeLessThan(result.stock.bytes);
    expect(result.kept).toBe('hybrid');
  }, 180_000);
});

describe('allocateModel refuses', () => {
  it('sizes that no allocation has, naming the smallest and the largest', async () => {
    const small = allocate({ budget: { kind: 'bytes', bytes: 1_000_000 }, output: at('a.gguf') });
    const refusal = await expectRefusal(
      small,
      'allocate/budget',
      /smallest possible is [\d,]+ bytes/,
    );
    const { smallestBytes } = refusal.details as { smallestBytes: number };
    expect(smallestBytes).toBeGreaterThan(1_000_000);
    const large = allocate({ budget: { kind: 'bytes', bytes: 6e6 }, output: at('a.gguf') });
    await expectRefusal(large, 'allocate/budget', /Q8_0: [\d,]+ bytes/);
    // The smallest that was named is possible.
    const budget = { kind: 'bytes', bytes: smallestBytes };
    const result = await allocate({ budget, output: at('least.gguf'), chunks: 2 });
    expect(result.hybrid.bytes).toBe(smallestBytes);
  }, 120_000);

  it('a matrix of another model', async () => {
    const before = await readdir(at('measurements'));
    const other = allocate({ imatrix: imatrix('seedling-gpt2-4m'), output: at('b.gguf') });
    await expectRefusal(other, 'imatrix/invalid', /another model's/);
    // No half of a run is left.
    expect(await readdir(at('measurements'))).toEqual(before);
  });

  it('a source that is quantized already', async () => {
    const again = allocate({ source: { path: at('out.gguf') }, output: at('c.gguf') });
    await expectRefusal(again, 'quantize/requantize', /a hybrid would round a second time/);
  });

  it('held-out text that the search or the matrix has seen', async () => {
    const same = allocate({
      texts: [{ ...probed, id: 'again' }],
      output: at('d.gguf'),
    });
    await expectRefusal(same, 'evaluation/overlap', /--probe-text/);
    const matrix = { imatrix: imatrix('seedling-4m'), imatrixTexts: held.paths };
    await expectRefusal(
      allocate({ ...matrix, output: at('d.gguf') }),
      'evaluation/overlap',
      /matrix/,
    );
  });

  it('an output that is there, before anything is computed', async () => {
    const before = await readdir(at('measurements'));
    await expectRefusal(allocate({}), 'output/exists');
    expect(await readdir(at('measurements'))).toEqual(before);
  });
});

describe('localErrors', () => {
  it('falls with every bit, and weighs columns as the matrix says', async () => {
    const columns = 256;
    const rows = Array.from({ length: 64 * columns }, (_, i) => Math.sin(i * 12.9898) * (i % columns === 0 ? 9 : 1)); // prettier-ignore
    const values = Float32Array.from(rows);
    const source = {
      name: 'w',
      shape: [columns, 64],
      type: 'F32' as const,
      readRows: (first: number, count: number, target: Uint8Array) => {
        target.set(new Uint8Array(values.buffer, first * columns * 4, count * columns * 4));
        return Promise.resolve();
      },
    };
    const types = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_0'] as const;
    const one = new Float32Array(columns).fill(1e-6);
    one[0] = 1;
    const options = { threads: 1, signal, emit };
    const errorsWith = async (importance: Float32Array | undefined) => {
      const errors = await localErrors([{ source, types, importance }], options);
      return errors.get('w')!.map(({ error }) => error);
    };
    const plain = await errorsWith(undefined);
    expect([...plain].sort((left, right) => right - left)).toEqual(plain);
    expect(plain[0]).toBeLessThan(0.2);
    const weighted = await errorsWith(one);
    expect(weighted[2]).toBeLessThan(plain[2]!);
    values[5 * columns] = Number.NaN;
    await expectRefusal(
      errorsWith(undefined),
      'quantize/failed',
      /w holds a value that is not finite/,
    );
  });
});
