// Rates measured on this machine: there is one for everything that a plan may ask for, and they are measured once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ratesFor } from '#electron/factory/quantize/writing-time.ts';
import { readFile } from 'node:fs/promises';
import type { Work, WorkKind } from '#src/stages/quantize/encoding-work.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'writing-time-'));
  vi.stubEnv('GGUF_STUDIO_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

const work = (...kinds: WorkKind[]): Work => new Map(kinds.map((kind) => [kind, 1]));

it('measures a rate for kernels, for types of libggml alone, for copies of floats and for files', async () => {
  const kinds: WorkKind[] = [
    'encode Q4_K', 'encode Q4_K weighted', 'encode F32', 'encode IQ2_XXS', 'encode IQ3_S weighted',
    'decode BF16', 'decode F32', 'decode Q8_0', 'merge', 'read', 'write',
  ]; // prettier-ignore
  const rates = await ratesFor(work(...kinds));
  expect([...rates.keys()].sort()).toEqual([...kinds].sort());
  for (const [kind, rate] of rates) expect(rate, kind).toBeGreaterThan(0);
  const file = await readFile(join(home, 'store', 'rates.json'), 'utf8');
  expect((await ratesFor(work('merge', 'encode Q4_K'))).get('encode Q4_K')).toBe(
    rates.get('encode Q4_K'),
  );
  expect(await readFile(join(home, 'store', 'rates.json'), 'utf8')).toBe(file);
});
