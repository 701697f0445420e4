// What can go wrong while a matrix is collected, and going on after it.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeImatrix, collectImatrix } from '#electron/factory/methods/collect-imatrix.ts';
import { factoryContract } from '#src/contract/factory.contract.ts';
import type { ImatrixResult } from '#src/contract/quality/imatrix.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { seedOf } from '#test/golden/quantize/tiny-llama.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';
import { makeModels, storedPath, textPath, tokenizerOf, writeTinyReader } from './cases.ts';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-imatrix-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  model = (await makeModels(folder))['seedling-4m'];
});
afterAll(() => rm(folder, { recursive: true }));

function run(
  params: object,
  emit: (event: StageEvent) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<ImatrixResult> {
  const texts = [{ id: 'text', title: 'general.txt', paths: [textPath('general.txt')] }];
  const asked = { model: { path: model }, texts, contextSize: 128, batchSize: 128, chunks: 6, threads: 1, ...params }; // prettier-ignore
  const parsed = factoryContract.collectImatrix.params.parse(asked);
  return collectImatrix(parsed, { signal, emit });
}

const outputNamed = (name: string) => join(folder, `${name}.gguf`);

describe('a run that ended early', () => {
  it('goes on after a cancel where it was, and ends with the same bytes', async () => {
    const whole = await run({ output: outputNamed('whole') });
    const output = outputNamed('cancelled');
    const stop = new AbortController();
    let done = 0;
    const cancelAtFour = (event: StageEvent) => {
      if (event.event !== 'progress') return;
      done = event.done;
      // In the middle of the fifth chunk.
      if (done === 4) setTimeout(() => stop.abort(), 1);
    };
    await expect(run({ output, outputFrequency: 1 }, cancelAtFour, stop.signal)).rejects.toThrow();
    expect(done).toBeLessThan(6);
    await expect(stat(output)).rejects.toThrow();
    const events: StageEvent[] = [];
    const resumed = await run({ output, outputFrequency: 1 }, (event) => events.push(event));
    expect(events.find((event) => event.event === 'progress')?.done).toBeGreaterThan(0);
    expect(resumed.sha256).toBe(whole.sha256);
    const names = await readdir(folder);
    expect(names.filter((name) => name.startsWith('cancelled'))).toEqual(['cancelled.gguf']);
  });

  it('does not go on with what another run kept', async () => {
    const output = outputNamed('other');
    const stop = new AbortController();
    const cancel = (event: StageEvent) => {
      if (event.event === 'progress' && event.done === 3) stop.abort();
    };
    await expect(run({ output, outputFrequency: 1 }, cancel, stop.signal)).rejects.toThrow();
    const notices: string[] = [];
    const other = await run({ output, chunks: 2 }, (event) => {
      if (event.event === 'notice') notices.push(event.message);
    });
    expect(notices.join('\n')).toContain('is of another run');
    expect(other.chunks).toBe(2);
  });

  it('goes on after its process was killed, and ends with the same bytes', async () => {
    const cli = studioFolder();
    try {
      const words = ['imatrix', '-m', model, '-f', textPath('general.txt'), '-o', 'killed.gguf', '-c', '128', '--chunks', '60', '-b', '128', '-ofreq', '1', '-t', '1']; // prettier-ignore
      const started = cli.start(words);
      const partial = cli.path('killed.gguf.partial');
      for (let waited = 0; !(await isThere(partial)) && waited < 60_000; waited += 20) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      started.child.kill('SIGKILL');
      expect((await started.finished).code).toBe(null);
      expect(await isThere(cli.path('killed.gguf'))).toBe(false);
      const again = await cli.run(...words);
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Going on with')]);
      const direct = await cli.run(...words.map((word) => word.replace('killed', 'direct')));
      expect(direct.code).toBe(0);
      const killed = await readFile(cli.path('killed.gguf'));
      expect(killed.equals(await readFile(cli.path('direct.gguf')))).toBe(true);
    } finally {
      cli.remove();
    }
  });
});

describe('refused is', () => {
  it('a text that is shorter than a chunk', async () => {
    const path = join(folder, 'short.txt');
    await writeFile(path, 'The heart pumps blood.');
    const texts = [{ id: 'text', title: 'short.txt', paths: [path] }];
    await expect(run({ texts, output: outputNamed('short') })).rejects.toMatchObject({
      code: 'evaluation/text',
      message: expect.stringMatching(/"short.txt" has \d+ tokens, .* one chunk of 128/) as string,
    });
  });

  it('a model with weights that are not finite, with the tensor that they reach', async () => {
    const path = join(folder, 'nan.gguf');
    const values = (name: string, count: number) => {
      const floats = seededFloats(seedOf(name), count);
      if (name === 'blk.1.attn_v.weight') floats[3] = Number.NaN;
      return floats;
    };
    await writeTinyReader(path, await tokenizerOf(model), { values });
    const output = outputNamed('nan-matrix');
    await expect(run({ model: { path }, contextSize: 64, output })).rejects.toMatchObject({
      code: 'evaluation/not-finite',
      details: { tensor: 'blk.1.attn_output.weight' },
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('nan-matrix'))).toEqual([]);
  });

  it('an embedding model', async () => {
    const path = join(folder, 'embedding.gguf');
    const metadata = [
      stringEntry('general.architecture', 'bert'),
      uint32Entry('bert.block_count', 1),
      uint32Entry('bert.pooling_type', 1),
      ...(await tokenizerOf(model)),
    ];
    await writeFile(path, buildGguf({ metadata, tensors: [{ name: 'token_embd.weight', shape: [32, 4] }] })); // prettier-ignore
    await expect(run({ model: { path }, output: outputNamed('bert') })).rejects.toMatchObject({
      code: 'architecture/unsupported',
    });
  });

  it('a matrix of another model that is added in', async () => {
    const inputs = [storedPath('experts')];
    await expect(run({ inputs, output: outputNamed('mixed') })).rejects.toMatchObject({
      code: 'imatrix/invalid',
      details: { tensor: expect.stringContaining('blk.0.') as string },
    });
  });

  it('an output that exists, is an input, or cannot be written', async () => {
    await expect(run({ output: model })).rejects.toMatchObject({ code: 'output/is-input' });
    const output = outputNamed('there');
    await writeFile(output, 'mine');
    await expect(run({ output })).rejects.toMatchObject({ code: 'output/exists' });
    expect(await readFile(output, 'utf8')).toBe('mine');
    await run({ output, overwrite: true, chunks: 1 });
    const missing = join(folder, 'missing', 'matrix.gguf');
    await expect(run({ output: missing })).rejects.toMatchObject({ code: 'io/not-found' });
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o500);
    // Administrators may write everywhere.
    if (process.getuid?.() !== 0) {
      await expect(run({ output: join(closed, 'matrix.gguf') })).rejects.toMatchObject({ kind: 'environment' }); // prettier-ignore
    }
  });
});

it('describes matrices of both forms', async () => {
  const context = { signal: new AbortController().signal, emit: () => undefined };
  const legacy = await describeImatrix(
    { path: storedPath('../imatrix/legacy').replace(/gguf$/, 'dat') },
    context,
  );
  expect(legacy).toMatchObject({ format: 'legacy', contextSize: 0 });
  expect(legacy.tensors.map(({ columns }) => columns)).toEqual([7, 4, 5]);
});

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
