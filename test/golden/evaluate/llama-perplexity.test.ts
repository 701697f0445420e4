// The figures of Seedling's levels against llama-perplexity's of the same release (llama-perplexity.json, made by
// make-reference.py): same text, same chunks, same CPU library, because others round differently.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as LocateLibrary from '#electron/factory/ffi/locate-library.ts';
import {
  measureSubjects,
  type MeasuredSubjects,
} from '#electron/factory/evaluate/measure-subjects.ts';
import { quantizeLevels } from '#test/helpers/quantize-levels.ts';
import reference from './llama-perplexity.json' with { type: 'json' };

const assets = fileURLToPath(new URL('../../../assets/seedling/', import.meta.url));
const backendFolder = vi.hoisted(
  () => `${process.env['TMPDIR'] ?? '/tmp'}/gguf-studio-haswell-${process.pid}`,
);

/** llama.cpp takes the best CPU library of a folder: here the folder has one. */
vi.mock('#electron/factory/ffi/locate-library.ts', async (original) => {
  const actual = await original<typeof LocateLibrary>();
  return { ...actual, locateLibrary: () => ({ ...actual.locateLibrary(), folder: backendFolder }) };
});

const isHaswell =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  existsSync('/proc/cpuinfo') &&
  readFileSync('/proc/cpuinfo', 'utf8').includes(' avx2');
const levels = Object.keys(reference.levels) as (keyof typeof reference.levels)[];
const context = { signal: new AbortController().signal, emit: () => undefined };
const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder = '';

beforeAll(async () => {
  if (!isHaswell) return;
  const { locateLibrary } = await vi.importActual<typeof LocateLibrary>('#electron/factory/ffi/locate-library.ts'); // prettier-ignore
  await mkdir(backendFolder, { recursive: true });
  const file = reference.backend;
  await symlink(join(locateLibrary().folder, file), join(backendFolder, file));
  folder = await mkdtemp(join(tmpdir(), 'golden-evaluate-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  await quantizeLevels(
    join(assets, 'seedling-4m'),
    Object.fromEntries(levels.map((level) => [level, fileOf(level)])),
  );
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(backendFolder, { recursive: true, force: true });
  if (folder !== '') await rm(folder, { recursive: true });
});

const fileOf = (level: string) => join(folder, `seedling-4m-${level}.gguf`);

function measure(mode: 'reference' | 'full'): Promise<MeasuredSubjects> {
  return measureSubjects({
    reference: { path: join(assets, 'seedling-4m'), adapters: [] },
    subjects: levels.map((level) => ({
      id: level,
      label: level,
      form: 'stock' as const,
      path: fileOf(level),
      adapters: [],
    })),
    texts: [
      {
        id: 'prose',
        title: 'Prose',
        paths: [join(assets, 'texts/evaluation', reference.text)],
        parseSpecial: false,
      },
    ],
    contextSize: reference.contextSize,
    chunks: reference.chunks,
    mode,
    threads: 1,
    ...context,
  });
}

/** Half of the last digit that the tool prints of a share. */
const printedShare = 5e-6;
/**
 * Its base file rounds ln p to steps of 16/65535: up to 1.2e-4 at a single position. Means do not see it, order statistics
 * a sixth of it.
 */
const baseRounding = 2e-5;

/** The larger of 1e-3 relative and 1e-5 absolute, and `more`. */
function expectNear(what: string, ours: number, theirs: number, more = 0): void {
  const allowed = Math.max(1e-3 * Math.abs(theirs), 1e-5) + more;
  expect
    .soft(Math.abs(ours - theirs), `${what}: ${ours}, llama-perplexity ${theirs}`)
    .toBeLessThanOrEqual(allowed);
}

describe.skipIf(!isHaswell)('measuring Seedling as llama-perplexity does', () => {
  it.each(['full', 'reference'] as const)('agrees with it in mode %s', async (mode) => {
    const { measurements, conditions } = await measure(mode);
    expect(conditions.cpuVariant).toBe('haswell');
    for (const level of levels) {
      const theirs = reference.levels[level];
      const ours = measurements.find(({ subject }) => subject === level)!;
      const { kld, deltaP } = ours;
      expectNear(`${level} PPL`, ours.ppl.value, theirs.ppl[0]!);
      expectNear(`${level} PPL error`, ours.ppl.error, theirs.ppl[1]!);
      // Its base file stores 16 bits and cuts off at p_max e^-16; its run over the base itself does not.
      expectNear(`${level} base PPL`, ours.pplBase.value, reference.base.ppl[0]!, 1e-4);
      // Three standard errors of the sampled tail; single positions are looked at in mode full.
      const sampling = 3 * kld.samplingError;
      expectNear(`${level} mean KLD`, kld.mean.value, theirs.kld[0]!, sampling);
      expectNear(`${level} mean KLD error`, kld.mean.error, theirs.kld[1]!, sampling);
      expectNear(`${level} mean Δp`, deltaP.mean.value, theirs.deltaP[0]!, printedShare);
      expectNear(`${level} RMS Δp`, deltaP.rms.value, theirs.deltaPRms[0]!, printedShare);
      expectNear(`${level} same top`, ours.sameTop.value, theirs.sameTop[0]!, printedShare);
      for (const [name, value] of Object.entries(theirs.deltaPPercentiles)) {
        expectNear(`${level} Δp ${name}`, deltaP.percentiles[name]!, value, printedShare);
      }
      if (mode === 'reference') continue;
      for (const [name, value] of Object.entries(theirs.kldPercentiles)) {
        expectNear(`${level} KLD ${name}`, kld.percentiles[name]!, value, baseRounding);
      }
    }
  });

  it('keeps the reference small', async () => {
    const { conditions } = await measure('reference');
    const share = (conditions.referenceBytes ?? Infinity) / reference.logitsBytes;
    // A vocabulary of 4,096 tokens; at 100,000 it is below 1 %.
    expect(share).toBeLessThan(0.15);
    expect(Math.abs((conditions.referenceShare ?? 0) - share)).toBeLessThan(0.002);
  });
});
