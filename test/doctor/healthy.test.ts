// Healthy files of every form give no finding: a false alarm is a defect as a missed damage is. Among them are files that
// llama.cpp's own quantizer writes here and now.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { openHost } from '#src/io/open-host.ts';
import { GoldenBench, seedlingModels } from '#test/golden/quantize/golden-bench.ts';
import { buildHuggingFaceCases } from '#test/helpers/build-hugging-face-folder.ts';
import { makeBaseFiles, type BaseFiles } from '#test/helpers/damage/base-files.ts';
import { bigEndianGguf } from '#test/helpers/damage/big-endian-gguf.ts';
import { healthyFiles } from '#test/helpers/damage/healthy-files.ts';
import { placeFile } from '#test/helpers/damage/place-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'doctor-healthy-'));
const factory = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: join(folder, 'home') },
});
let bases: BaseFiles;
let bench: GoldenBench;

beforeAll(async () => {
  bases = await makeBaseFiles(folder, factory);
  bench = await GoldenBench.open();
});
afterAll(async () => {
  await bench.close();
  await factory.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function expectHealthy(path: string, compared: { source?: string } = {}): Promise<void> {
  const diagnosis = await factory.call('diagnose', { path, ...compared });
  expect(diagnosis.findings).toEqual([]);
  expect(diagnosis.verdict).toBe('healthy');
  expect(diagnosis.checks.filter(({ state }) => state !== 'passed' && state !== 'skipped')).toEqual(
    [],
  );
}

describe('nothing is found in', () => {
  it.each(Object.keys(healthyFiles))('%s', async (name) => {
    const made = await healthyFiles[name]!(bases);
    await expectHealthy(placeFile(join(folder, 'healthy', name), made, 'model'));
  });

  it.each(['plain-F16', 'plain-Q4_K_M', 'plain-Q2_K', 'built-Q8_0', 'bundled-Q4_K_M'] as const)(
    '%s beside its source',
    async (name) => {
      await expectHealthy(bases.path(name), { source: bases.source });
    },
  );

  it.each(['plain-F16', 'plain-Q2_K'] as const)('%s beside another level', async (name) => {
    const { findings } = await factory.call('diagnose', {
      path: bases.path(name),
      sibling: bases.path('plain-Q4_K_M'),
    });
    expect(findings).toEqual([]);
  });

  it.each(seedlingModels)('what llama.cpp itself writes of %s', async (name) => {
    const input = await bench.convert(name);
    for (const level of ['Q8_0', 'Q4_K_M', 'Q3_K_M', 'Q2_K', 'F16', 'COPY'] as const) {
      await expectHealthy(bench.reference(input, level));
    }
    const importance = await bench.importance(name);
    for (const level of ['IQ2_XS', 'IQ3_XXS'] as const) {
      await expectHealthy(bench.reference(input, level, { importance }));
    }
  });

  // Embedding below the vocabulary, as the reference writes it too; llama.cpp refuses it.
  const cases = Object.entries(buildHuggingFaceCases()).filter(([name]) => name !== 'gemma3-trimmed'); // prettier-ignore
  it.each(cases)('a small %s that was converted', async (name, { files, pre }) => {
    for (const [file, content] of Object.entries(files)) {
      const path = join(folder, name, file);
      mkdirSync(dirname(path), { recursive: true });
      const isRaw = typeof content === 'string' || content instanceof Uint8Array;
      writeFileSync(path, isRaw ? content : JSON.stringify(content));
    }
    const output = join(folder, `${name}.gguf`);
    await factory.call('convert', {
      folder: join(folder, name),
      output,
      outtype: 'f32',
      ...(pre === undefined ? {} : { pre }),
    });
    await expectHealthy(output);
  });
});

describe('a big-endian file', () => {
  it('gives one notice that it cannot be loaded here, and nothing else', async () => {
    const path = placeFile(join(folder, 'big-endian'), bigEndianGguf(), 'model');
    const { findings, verdict } = await factory.call('diagnose', { path });
    expect(findings).toMatchObject([{ code: 'file/big-endian', severity: 'info' }]);
    expect(verdict).toBe('info');
  });
});
