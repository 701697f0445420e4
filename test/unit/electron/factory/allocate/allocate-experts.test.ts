// Hybrid quantization of a mixture of experts: its feed-forward tensors are stacks of matrices.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allocateModel } from '#electron/factory/allocate/allocate-model.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import { allocateParams } from '#src/contract/quality/allocate.ts';
import { readRun } from '#src/io/run-store.ts';
import { openBase, openGgufFile } from '#src/jobs/open-sources.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { seedlingBase, seedlingText } from '#test/helpers/measured-files.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';
import {
  tinyLlamaMetadata,
  tinyLlamaTensors,
  type TinyLlama,
} from '#test/golden/quantize/tiny-llama.ts';

const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder = '';
const at = (...names: string[]) => join(folder, ...names);
const shapes = new Map<string, readonly number[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allocate-experts-'));
  process.env['GGUF_STUDIO_HOME'] = at('home');
  nativeLibrary();
  // Seedling's tokenizer, so that texts can be read; weights small enough that predictions are no certainties.
  const seedling = await openBase(seedlingBase);
  const tokenizer = seedling.content.metadata.filter(({ key }) => key.startsWith('tokenizer.'));
  await seedling.content.close();
  let seed = 0;
  const model: TinyLlama = {
    experts: 4,
    vocabulary: 4096,
    values: (name, count) =>
      name.includes('norm')
        ? new Float32Array(count).fill(1)
        : seededFloats(++seed, count).map((value) => value / 8),
  };
  const metadata = [...tinyLlamaMetadata(model), ...tokenizer];
  const tensors = tinyLlamaTensors(model);
  await writeFile(at('experts.gguf'), buildGguf({ metadata, tensors }));
  for (const { name, shape } of tensors) shapes.set(name, shape);
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

const text = (name: string) => ({
  id: name,
  title: name,
  paths: [seedlingText(name)],
  parseSpecial: true,
});

it('gives every stack of experts a type, leaves the router alone, and keeps the budget', async () => {
  const params = allocateParams.parse({
    folder: at('measurements'),
    id: 'experts',
    title: 'Experts',
    source: { path: at('experts.gguf') },
    budget: { kind: 'level', level: 'Q3_K_M' },
    probeTexts: [text('language')],
    texts: [text('science')],
    contextSize: 32,
    probeChunks: 1,
    chunks: 8,
    output: at('hybrid.gguf'),
    tensorErrors: true,
    threads: 1,
  });
  const signal = new AbortController().signal;
  const result = await allocateModel(params, { signal, emit: () => undefined });
  expect(result.hybrid.bytes).toBeLessThanOrEqual(result.stock.bytes);
  const chosen = new Map(result.allocation.tensors.map(({ name, type }) => [name, type]));
  const stacks = [...shapes].filter(([, shape]) => shape.length === 3).map(([name]) => name);
  expect(stacks).toHaveLength(6);
  for (const name of stacks) expect(chosen.get(name)).toMatch(/^(I?Q)\d/);
  expect([...chosen.keys()].filter((name) => name.includes('gate_inp'))).toEqual([]);
  // Each stack was probed, and its rounding told over all of its experts.
  const probed = result.allocation.groups.filter(({ probeKld = 0 }) => probeKld > 0);
  expect(probed).toHaveLength(result.allocation.groups.length);
  const run = await readRun(result.run.path, 'experts');
  const tensors = run.tensors.find(({ subject }) => subject === 'hybrid')?.tensors ?? [];
  for (const name of stacks) {
    const tensor = tensors.find((each) => each.name === name);
    expect(tensor).toMatchObject({ weights: 256 * 256 * 4, type: chosen.get(name) });
    expect(tensor?.relativeError).toBeGreaterThan(0);
  }
  const written = await openGgufFile(result.path);
  const kept = result.kept === 'hybrid' ? chosen : new Map<string, string>();
  for (const [name, type] of kept) {
    expect(written.tensors.find((tensor) => tensor.name === name)?.type).toBe(type);
  }
  await written.close();
}, 120_000);
