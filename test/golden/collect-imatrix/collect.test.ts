// Collecting against llama-imatrix, built from the same release: the same names, the same counts, sums within what
// processors' different orders of addition make, and the same bytes where the processor's library is the stored files' one.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '#electron/factory/evaluate/measuring-backend.ts';
import { collectImatrix } from '#electron/factory/methods/collect-imatrix.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import { factoryContract } from '#src/contract/factory.contract.ts';
import type { ImatrixResult } from '#src/contract/quality/imatrix.ts';
import { readImatrixSums, type StoredImatrix } from '#src/formats/imatrix/read-imatrix-sums.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import {
  cases,
  makeModels,
  mergeWithTool,
  runTool,
  storedPath,
  textPath,
  type Case,
} from './cases.ts';

/** Which of llama.cpp's CPU libraries the stored files were made with. */
const storedVariant = 'zen4';
/** Between haswell and zen4 3.5e-5 was seen. */
const tolerance = 5e-4;

let folder: string;
let models: Awaited<ReturnType<typeof makeModels>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-imatrix-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  models = await makeModels(folder);
});
afterAll(() => rm(folder, { recursive: true }));

async function collect(name: string, given: Case, more: object = {}): Promise<ImatrixResult> {
  const { model, text, parseSpecial, ...options } = given;
  const texts = [{ id: 'text', title: text, paths: [textPath(text)], parseSpecial }];
  return run({ model: { path: models[model] }, texts, output: join(folder, `${name}.imatrix.gguf`), threads: 1, ...options, ...more }); // prettier-ignore
}

function run(params: object): Promise<ImatrixResult> {
  return collectImatrix(factoryContract.collectImatrix.params.parse(params), {
    signal: new AbortController().signal,
    emit: () => undefined,
  });
}

async function stored(path: string): Promise<StoredImatrix> {
  const source = await openFileByteSource(path);
  try {
    return await readImatrixSums(source);
  } finally {
    await source.close();
  }
}

function worstDifference(ours: StoredImatrix, tools: StoredImatrix): number {
  let worst = 0;
  for (const [name, { sums }] of tools.entries) {
    const own = ours.entries.get(name)!.sums;
    sums.forEach((sum, index) => {
      worst = Math.max(worst, Math.abs(own[index]! - sum) / (Math.abs(sum) || 1));
    });
  }
  return worst;
}

describe.each(Object.entries<Case>(cases))('%s', (name, given) => {
  it('is what llama-imatrix collects', async () => {
    await runTool(name, given, models[given.model], folder);
    const { path } = await collect(name, given);
    const [ours, tools] = [await stored(path), await stored(storedPath(name))];
    expect({ ...ours, entries: [...ours.entries.keys()] }).toEqual({
      ...tools,
      entries: [...tools.entries.keys()],
    });
    for (const [entry, { counts }] of tools.entries) {
      expect([entry, ours.entries.get(entry)!.counts]).toEqual([entry, counts]);
    }
    expect(worstDifference(ours, tools)).toBeLessThan(tolerance);
    if (openBackend(nativeLibrary(), 0).cpuVariant !== storedVariant) return;
    expect((await readFile(path)).equals(await readFile(storedPath(name)))).toBe(true);
  });
});

it('tells of channels and experts that no text used, and floors the channels only when asked', async () => {
  const plain = await collect('plain', { ...cases.experts, chunks: 3 });
  const downs = plain.tensors.filter(({ name }) => name.endsWith('ffn_down_exps.weight'));
  expect(downs.map(({ unusedMatrices, matrices }) => [unusedMatrices, matrices])).toEqual([
    [1, 16],
    [1, 16],
  ]);
  for (const { zeroColumns, matrices, unusedMatrices } of downs) {
    expect(zeroColumns).toBe(matrices - unusedMatrices);
  }
  expect(plain.notices.join('\n')).toMatch(/2 tensors have channels that the texts never used/);
  expect(plain.notices.join('\n')).toMatch(/experts that the texts never used: 1 of 16 in/);
  const floored = await collect('floored', { ...cases.experts, chunks: 3 }, { floor: 0.001 });
  expect(floored.tensors.every(({ zeroColumns }) => zeroColumns === 0)).toBe(true);
  expect(floored.notices[0]).toBe('30 channels of 2 tensors were zero and are floored.');
  expect(floored.tensors.map(({ unusedMatrices }) => unusedMatrices)).toEqual(
    plain.tensors.map(({ unusedMatrices }) => unusedMatrices),
  );
});

it('adds matrices together as --in-file does', async () => {
  const inputs = [storedPath('llama'), storedPath('in-pieces'), storedPath('special-tokens')];
  mergeWithTool('merged', inputs, 256);
  const { path, chunks, datasets } = await run({ texts: [], inputs, contextSize: 256, output: join(folder, 'merged.gguf') }); // prettier-ignore
  expect((await readFile(path)).equals(await readFile(storedPath('merged')))).toBe(true);
  // 13 × 256 - 4 × 256 + 3 × 200 tokens; the texts in the order in which they were read.
  expect([chunks, datasets]).toEqual([19, ['general.txt', 'science.txt', 'conditions.txt']]);
});

it('adds text to a matrix, and texts to each other', async () => {
  const general = { id: 'a', title: 'general.txt', paths: [textPath('general.txt')] };
  const science = { id: 'b', title: 'science.txt', paths: [textPath('science.txt')] };
  const options = { model: { path: models['seedling-4m'] }, contextSize: 128, batchSize: 128, chunks: 2, threads: 1 }; // prettier-ignore
  const first = await run({ ...options, texts: [general], output: join(folder, 'first.gguf') });
  const both = await run({ ...options, texts: [general, science], output: join(folder, 'both.gguf') }); // prettier-ignore
  const added = await run({ ...options, texts: [science], inputs: [first.path], output: join(folder, 'added.gguf') }); // prettier-ignore
  expect(added.sha256).toBe(both.sha256);
  expect(both.datasets).toEqual(['general.txt', 'science.txt']);
  expect(both.chunks).toBe(4);
});

it('reads a Hugging Face folder, and adapters that are switched on', async () => {
  const of = (path: string, adapters: object[] = []) => ({ model: { path, adapters }, chunks: 2 });
  const folderPath = textPath('../../seedling-4m');
  const conditions = [{ path: textPath('../../adapters/conditions'), scale: 1 }];
  const file = await collect('file', cases.llama, of(models['seedling-4m']));
  const fromFolder = await collect('folder', cases.llama, of(folderPath));
  // The folder's lossless form is BF16 where the file is F32: the same weights through other products.
  const [ours, others] = [await stored(fromFolder.path), await stored(file.path)];
  expect([...ours.entries.keys()]).toEqual([...others.entries.keys()]);
  expect(worstDifference(ours, others)).toBeLessThan(0.05);
  const adapted = await collect('adapted', cases.llama, of(folderPath, conditions));
  const changed = await stored(adapted.path);
  expect([...changed.entries.keys()]).toEqual([...others.entries.keys()]);
  expect(worstDifference(changed, ours)).toBeGreaterThan(0.05);
});
