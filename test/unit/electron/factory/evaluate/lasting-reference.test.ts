// The converted reference of single predictions: made once, not for each.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withLastingReference } from '#electron/factory/evaluate/lasting-reference.ts';
import { describeMeasured } from '#electron/factory/evaluate/measured-model.ts';
import { seedlingBase, writeSeedling } from '#test/helpers/measured-files.ts';

it('converts a folder once for predictions that follow each other, and gives a file as it is', async () => {
  const home = await mkdtemp(join(tmpdir(), 'lasting-'));
  process.env['GGUF_STUDIO_HOME'] = home;
  const signal = new AbortController().signal;
  const phases: string[] = [];
  const options = {
    signal,
    emit: (event: { event: string; phase?: string }) => {
      if (event.event === 'phase') phases.push(event.phase ?? '');
    },
  };
  const request = { id: 'reference', label: 'base', form: 'stock', adapters: [] } as const;
  const describe = (path: string) =>
    describeMeasured({ ...request, adapters: [], path }, { signal });
  const pathOf = (path: string) => {
    expect(existsSync(path)).toBe(true);
    return Promise.resolve(path);
  };
  const folder = await describe(seedlingBase);
  const first = await withLastingReference(folder, options, pathOf);
  const second = await withLastingReference(folder, options, pathOf);
  expect(second).toBe(first);
  expect(phases).toEqual(['Converting the reference']);
  const file = join(home, 'own.gguf');
  await writeSeedling(file);
  expect(await withLastingReference(await describe(file), options, pathOf)).toBe(file);
  await rm(home, { recursive: true });
});
