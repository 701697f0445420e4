// Measuring, end to end in this process: llama.cpp, the score workers, the store of kept chunks.
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  measureSubjects,
  type MeasuredSubjects,
  type MeasureOptions,
} from '#electron/factory/evaluate/measure-subjects.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import {
  boolEntry,
  entryValue,
  stringArrayEntry,
  stringEntry,
  withEntry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import {
  seedlingAdapter,
  seedlingBase,
  seedlingText,
  spoilTensor,
  writeAltered,
  writeBundled,
  writeSeedling,
  writeSplit,
} from '#test/helpers/measured-files.ts';
import { quantizeLevels } from '#test/helpers/quantize-levels.ts';

const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder = '';
const at = (...names: string[]) => join(folder, ...names);
const home = () => at('home', 'measurements');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'measure-'));
  process.env['GGUF_STUDIO_HOME'] = at('home');
  // koffi registers no callbacks any more once a worker thread that used it has ended.
  nativeLibrary();
  await writeSeedling(at('base.gguf'));
  await quantizeLevels(at('base.gguf'), { Q2_K: at('Q2_K.gguf'), Q4_K_M: at('Q4_K_M.gguf') });
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

const subject = (name: string, adapters: MeasureOptions['subjects'][number]['adapters'] = []) => ({
  id: name,
  label: name,
  form: 'stock' as const,
  path: at(`${name}.gguf`),
  adapters,
});
const text = { id: 'prose', title: 'Prose', paths: [seedlingText('prose')], parseSpecial: false };

interface Watched {
  result: MeasuredSubjects;
  /** Chunks that were computed. */
  computed: number;
  events: StageEvent[];
}

async function measure(
  options: Partial<MeasureOptions> & { stopAfter?: number } = {},
): Promise<Watched> {
  const stop = new AbortController();
  const events: StageEvent[] = [];
  let computed = 0;
  let last = 0;
  const result = await measureSubjects({
    reference: { path: at('base.gguf'), adapters: [] },
    subjects: [subject('Q4_K_M')],
    texts: [text],
    contextSize: 64,
    chunks: 6,
    mode: 'reference',
    threads: 1,
    signal: stop.signal,
    emit(event) {
      events.push(event);
      if (event.event === 'phase') last = -1;
      if (event.event !== 'progress' || event.unit !== 'steps') return;
      if (last >= 0 && event.done > last) computed++;
      last = event.done;
      if (computed === options.stopAfter) stop.abort(new Error('stopped'));
    },
    ...options,
  });
  return { result, computed, events };
}

const figures = ({ result }: Watched) =>
  result.measurements.map((measurement) => ({ ...measurement, seconds: 0 }));
const clear = () => rm(home(), { recursive: true, force: true });

describe('measuring', () => {
  it('goes on where it was stopped, with the same figures', async () => {
    await clear();
    // Eight chunks of 64 tokens are a batch: 8 and 4 of the reference, then of each level.
    const asked = { subjects: [subject('Q2_K'), subject('Q4_K_M')], chunks: 12 };
    const whole = await measure(asked);
    expect(whole.computed).toBe(36);
    await clear();
    await expect(measure({ ...asked, stopAfter: 20 })).rejects.toThrow('stopped');
    const rest = await measure(asked);
    expect(rest.computed).toBe(16);
    expect(figures(rest)).toEqual(figures(whole));
    const again = await measure(asked);
    expect(again.computed).toBe(0);
    expect(figures(again)).toEqual(figures(whole));
    expect((await measure({ ...asked, fresh: true })).computed).toBe(36);
  });

  it('finds the same in chunks that are computed side by side and one by one', async () => {
    await clear();
    const together = await measure({ chunks: 8 });
    await clear();
    // One more each time: the last one of a batch alone.
    for (let chunks = 1; chunks < 8; chunks++) await measure({ chunks });
    const oneByOne = await measure({ chunks: 8 });
    expect(oneByOne.computed).toBe(2);
    const [left] = together.result.measurements;
    const [right] = oneByOne.result.measurements;
    for (const [index, nll] of (left?.chunks.nll ?? []).entries()) {
      expect(right?.chunks.nll[index]).toBeCloseTo(nll, 5);
      expect(right?.chunks.kld[index]).toBeCloseTo(left?.chunks.kld[index] ?? Number.NaN, 5);
    }
  });

  it('measures more chunks of a text by measuring the others only', async () => {
    await clear();
    await measure({ chunks: 4 });
    const { computed, result } = await measure({ chunks: 6 });
    expect(computed).toBe(4);
    expect(result.texts[0]).toMatchObject({ chunks: 6, scoredTokens: 6 * 31 });
  });

  it('gives the same with and without a kept reference, but for the sampled tail', async () => {
    const [small] = figures(await measure());
    const [full] = figures(await measure({ mode: 'full' }));
    const { mean, samplingError } = small!.kld;
    expect(samplingError).toBeGreaterThan(0);
    expect(full!.kld.samplingError).toBe(0);
    expect(Math.abs(mean.value - full!.kld.mean.value)).toBeLessThan(4 * samplingError + 1e-5);
    expect(small!.ppl).toEqual(full!.ppl);
    expect(small!.pplBase.value).toBeCloseTo(full!.pplBase.value, 4);
    expect(small!.sameTop.value).toBe(full!.sameTop.value);
  });

  it('measures chunks that take several batches', async () => {
    const long = { contextSize: 1000, chunks: 2, subjects: [subject('Q2_K')] };
    const { result } = await measure(long);
    expect(result.measurements[0]).toMatchObject({ scoredTokens: 2 * 499 });
    const full = await measure({ ...long, mode: 'full' });
    const [small, exact] = [result.measurements[0]!.kld, full.result.measurements[0]!.kld];
    expect(Math.abs(small.mean.value - exact.mean.value)).toBeLessThan(
      4 * small.samplingError + 1e-5,
    );
  });

  it('measures within the trained window, and says so', async () => {
    const { result, events } = await measure({
      contextSize: 1100,
      chunks: 2,
      subjects: [subject('Q2_K')],
    });
    expect(result.conditions.contextSize).toBe(1024);
    expect(result.measurements[0]).toMatchObject({ scoredTokens: 2 * 511 });
    expect(events).toContainEqual(expect.objectContaining({ event: 'notice', message: expect.stringContaining('was trained on 1024') as string })); // prettier-ignore
  });

  it('says that a folder has to be a file before it can be measured', async () => {
    const folder = { ...subject('folder'), path: seedlingBase };
    await expect(measure({ subjects: [folder] })).rejects.toMatchObject({
      code: 'usage/invalid',
      message: expect.stringContaining('is a folder') as string,
    });
  });

  it('finds a file like its own reference, with run-time adapters on both', async () => {
    const adapters = [{ path: seedlingAdapter('finance'), scale: 1 }];
    const { result } = await measure({
      reference: { path: seedlingBase, adapters },
      subjects: [subject('base', adapters), { ...subject('base'), id: 'plain' }],
    });
    const [same, without] = result.measurements;
    expect(same!.kld.mean.value).toBeLessThan(1e-5);
    expect(same!.sameTop.value).toBe(1);
    expect(without!.kld.mean.value).toBeGreaterThan(0.01);
    // The folder's conversion and the vocabulary's file are gone again.
    const left = await readdir(at('home', 'temporary'));
    expect(left.filter((name) => name.endsWith('.gguf'))).toEqual([]);
  });

  it('measures a chunk again whose kept file was damaged, and says so', async () => {
    await clear();
    const before = await measure();
    for (const name of await readdir(home())) {
      if (!/^(?:scores|reference)-/.test(name)) continue;
      const path = join(home(), name, '000002.chunk');
      const bytes = await readFile(path);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(path, bytes);
    }
    const after = await measure();
    expect(after.computed).toBe(2);
    expect(figures(after)).toEqual(figures(before));
    expect(after.result.notices).toEqual(['2 kept chunks were damaged; they were measured again.']);
  });

  it('does not take the kept chunks of another model', async () => {
    await clear();
    await measure();
    const [scores] = (await readdir(home())).filter((name) => name.startsWith('scores-'));
    await cp(at('Q2_K.gguf'), at('other.gguf'));
    await measure({ subjects: [subject('other')], chunks: 1 });
    const [other] = (await readdir(home())).filter(
      (name) => name.startsWith('scores-') && name !== scores,
    );
    await rm(join(home(), other!, '000000.chunk'));
    await cp(join(home(), scores!, '000000.chunk'), join(home(), other!, '000000.chunk'));
    const { computed, result } = await measure({ subjects: [subject('other')], chunks: 1 });
    expect(computed).toBe(1);
    expect(result.notices).toHaveLength(1);
  });

  it('keeps nothing where nothing shall be kept', async () => {
    await clear();
    const { computed } = await measure({ keep: false, chunks: 2 });
    expect(computed).toBe(4);
    await expect(stat(home())).rejects.toThrow('ENOENT');
  });
});

describe('refusing to measure', () => {
  const without = (
    metadata: readonly GgufEntry[],
    count: number,
    rename: (token: string) => string = (token) => token,
  ) => {
    const tokens = entryValue(metadata, 'tokenizer.ggml.tokens');
    if (tokens?.type !== 'array' || tokens.elementType !== 'string') throw new Error('no tokens');
    const kept = tokens.value.slice(0, tokens.value.length - count);
    return withEntry(metadata, stringArrayEntry('tokenizer.ggml.tokens', kept.map(rename)));
  };

  it('a text that is shorter than two chunks, with both counts', async () => {
    await writeFile(at('short.txt'), 'A short text.\n');
    const short = { ...text, paths: [at('short.txt')] };
    await expect(measure({ texts: [short] })).rejects.toMatchObject({
      code: 'evaluation/text',
      message: expect.stringMatching(
        /has \d+ tokens; 128 are needed with a context of 64/,
      ) as string,
    });
  });

  it('a text that is not UTF-8', async () => {
    await writeFile(at('latin.txt'), Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    const latin = { ...text, paths: [at('latin.txt')] };
    await expect(measure({ texts: [latin] })).rejects.toMatchObject({ code: 'evaluation/text' });
  });

  it('another vocabulary size, another tokenizer, another beginning', async () => {
    const alter = async (
      name: string,
      change: (metadata: readonly GgufEntry[]) => readonly GgufEntry[],
    ) => {
      await writeAltered(at('base.gguf'), at(`${name}.gguf`), change);
      return measure({ subjects: [subject(name)] }).catch((error: unknown) => error);
    };
    expect(await alter('fewer', (metadata) => without(metadata, 1))).toMatchObject({
      code: 'evaluation/vocabulary',
      message: expect.stringContaining('vocabularies of different sizes') as string,
    });
    const rename = (token: string) => (token === 'the' || token === '▁the' ? `${token}x` : token);
    expect(await alter('renamed', (metadata) => without(metadata, 0, rename))).toMatchObject({
      code: 'evaluation/vocabulary',
      message: expect.stringContaining('different tokenizers') as string,
    });
    const flip = (value: boolean) => (metadata: readonly GgufEntry[]) =>
      withEntry(metadata, boolEntry('tokenizer.ggml.add_bos_token', value));
    const flipped = [await alter('with-bos', flip(true)), await alter('no-bos', flip(false))];
    expect(flipped).toContainEqual(
      expect.objectContaining({
        code: 'evaluation/vocabulary',
        message: expect.stringContaining('begin texts differently') as string,
      }),
    );
  });

  it('logits that are not finite, naming the file', async () => {
    await cp(at('base.gguf'), at('broken.gguf'));
    await spoilTensor(at('broken.gguf'), 'output_norm.weight');
    for (const mode of ['reference', 'full'] as const) {
      await expect(measure({ subjects: [subject('broken')], mode })).rejects.toMatchObject({
        code: 'evaluation/not-finite',
        message: expect.stringContaining('broken computes values') as string,
      });
    }
    await expect(
      measure({ reference: { path: at('broken.gguf'), adapters: [] }, fresh: true }),
    ).rejects.toMatchObject({
      code: 'evaluation/not-finite',
      message: expect.stringContaining('broken.gguf computes values') as string,
    });
  });

  it('a text that something was calibrated on', async () => {
    await expect(measure({ calibrationTexts: [seedlingText('prose')] })).rejects.toMatchObject({
      code: 'evaluation/overlap',
    });
  });

  it('a text that the matrix of a file was made from, where the file says so', async () => {
    const named = (name: string) => (metadata: readonly GgufEntry[]) =>
      withEntry(metadata, stringEntry('quantize.imatrix.dataset', name));
    await writeAltered(at('Q4_K_M.gguf'), at('calibrated.gguf'), named(seedlingText('prose')));
    const calibrated = { subjects: [subject('calibrated')], lookForCalibration: true };
    await expect(measure(calibrated)).rejects.toMatchObject({
      code: 'evaluation/overlap',
      message: expect.stringContaining('prose.txt') as string,
    });
    await writeAltered(at('Q4_K_M.gguf'), at('unknown.gguf'), named('gone.txt'));
    const { events } = await measure({ ...calibrated, subjects: [subject('unknown')], chunks: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'notice',
        message: expect.stringContaining('gone.txt, which is not here') as string,
      }),
    );
  });

  it('two subjects of one name, an adapter that is not there, a file that is no model', async () => {
    await expect(measure({ subjects: [subject('Q2_K'), { ...subject('Q4_K_M'), id: 'q2_k' }] })).rejects.toMatchObject({ code: 'usage/invalid' }); // prettier-ignore
    const bundled = subject('Q2_K', [{ bundled: 'finance', scale: 1 }]);
    await expect(measure({ subjects: [bundled] })).rejects.toMatchObject({ code: 'usage/invalid' });
    await expect(measure({ reference: { path: seedlingText('prose'), adapters: [] } })).rejects.toMatchObject({ code: 'format/not-gguf' }); // prettier-ignore
  });
});

it('measures split files like whole ones, as subject and as reference', async () => {
  const parts = await writeSplit(at('Q4_K_M.gguf'), at('split'));
  const baseParts = await writeSplit(at('base.gguf'), at('split-base'));
  const whole = await measure({ chunks: 2, fresh: true });
  const split = await measure({
    reference: { path: baseParts[0] ?? '', adapters: [] },
    subjects: [{ ...subject('Q4_K_M'), path: parts[0] ?? '' }],
    chunks: 2,
    fresh: true,
  });
  expect(figures(split)).toEqual(figures(whole));
  expect(split.result.subjects[0]?.sha256).not.toBe(whole.result.subjects[0]?.sha256);
});

it('measures a bundled parent with its adapter on like the file with that adapter beside it, and off like the file', async () => {
  const adapter = { path: seedlingAdapter('finance'), scale: 1 };
  await writeBundled(at('Q4_K_M.gguf'), at('bundled.gguf'), 'finance');
  const reference = { path: at('base.gguf'), adapters: [adapter] };
  const beside = await measure({ reference, subjects: [subject('Q4_K_M', [adapter])], chunks: 2 });
  const within = await measure({
    reference,
    subjects: [subject('bundled', [{ bundled: 'finance', scale: 1 }])],
    chunks: 2,
  });
  const off = await measure({ reference, subjects: [subject('bundled')], chunks: 2 });
  const plain = await measure({ reference, subjects: [subject('Q4_K_M')], chunks: 2 });
  const klds = ({ result }: Watched) => result.measurements[0]?.chunks.kld;
  expect(klds(within)).toEqual(klds(beside));
  expect(klds(off)).toEqual(klds(plain));
  expect(klds(off)?.[0]).toBeGreaterThan(klds(within)?.[0] ?? Infinity);
});

it('leaves out the EOS that a vocabulary puts behind a text', async () => {
  const addEos = (metadata: readonly GgufEntry[]) =>
    withEntry(metadata, boolEntry('tokenizer.ggml.add_eos_token', true));
  await writeAltered(at('base.gguf'), at('eos-base.gguf'), addEos);
  await writeAltered(at('Q4_K_M.gguf'), at('eos-Q4.gguf'), addEos);
  const plain = await measure({ chunks: 2 });
  const eos = await measure({
    reference: { path: at('eos-base.gguf'), adapters: [] },
    subjects: [subject('eos-Q4')],
    chunks: 2,
  });
  expect(eos.result.texts[0]!.tokens).toBe(plain.result.texts[0]!.tokens);
  expect(eos.result.measurements[0]!.kld.mean).toEqual(plain.result.measurements[0]!.kld.mean);
});
