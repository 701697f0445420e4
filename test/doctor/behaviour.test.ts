// What loading and asking a file tells: nothing of sound models, and the right thing of those that look well and are not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { openHost } from '#src/io/open-host.ts';
import { makeBaseFiles, type BaseFiles } from '#test/helpers/damage/base-files.ts';
import { behaviourDamages } from '#test/helpers/damage/behaviour-damages.ts';
import { placeFile } from '#test/helpers/damage/place-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'doctor-behaviour-'));
const factory = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: join(folder, 'home') },
});
let bases: BaseFiles;

beforeAll(async () => {
  bases = await makeBaseFiles(folder, factory);
});
afterAll(async () => {
  await factory.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('asking finds nothing in', () => {
  it.each(['plain-Q8_0', 'plain-Q4_K_M', 'gpt2-Q8_0', 'merged-Q8_0', 'bundled-Q4_K_M'] as const)(
    '%s',
    async (name) => {
      const { check, findings, answers } = await factory.call('probeBehaviour', {
        path: bases.path(name),
        threads: 1,
      });
      expect(findings).toEqual([]);
      expect(check.state).toBe('passed');
      for (const { answer } of answers) expect(answer).not.toBe('');
    },
  );

  it.each(['plain-Q4_K_M', 'plain-Q2_K'] as const)('%s beside its source', async (name) => {
    const { findings } = await factory.call('probeBehaviour', {
      path: bases.path(name),
      source: bases.source,
      threads: 1,
    });
    expect(findings).toEqual([]);
  });
});

describe('asking a file that', () => {
  const cases = Object.entries(behaviourDamages).map(([name, kind]) => ({ name, kind, sentence: kind.sentence })); // prettier-ignore
  it.each(cases)('$sentence tells so ($name)', async ({ name, kind }) => {
    const made = await kind.damage(bases.bytes(kind.base), bases);
    const { check, findings } = await factory.call('probeBehaviour', {
      path: placeFile(join(folder, name), made, name),
      ...(kind.compareWith === 'source' ? { source: bases.source } : {}),
      threads: 1,
    });
    const said = JSON.stringify(findings.map(({ code, message }) => ({ code, message })));
    expect(findings.map(({ code }) => code).sort(), said).toEqual([...kind.codes].sort());
    expect(check.state).toBe('found');
  });
});
