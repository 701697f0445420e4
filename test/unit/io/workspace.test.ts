import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { findWorkspace, openWorkspace } from '#src/io/workspace.ts';
import { parseModelMapping } from '#src/recipe/model-mapping.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'workspace-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('a workspace', () => {
  it('is found upward from a folder inside it', async () => {
    await writeFile(
      join(folder, 'gguf-studio.json'),
      '{"version": 1, "name": "Lab", "outputs": "built"}',
    );
    await mkdir(join(folder, 'a', 'b'), { recursive: true });
    expect(await findWorkspace(join(folder, 'a', 'b'))).toEqual({
      folder,
      name: 'Lab',
      mappingPath: join(folder, 'model_mapping.json'),
      outputFolder: join(folder, 'built'),
    });
  });

  it('is not found where there is none', async () => {
    expect(await findWorkspace(folder)).toBeUndefined();
    await expect(openWorkspace(folder)).rejects.toMatchObject({ code: 'io/not-found' });
  });

  it.each([
    ['no JSON', '{', /not valid JSON/],
    ['another version', '{"version": 7}', /version/],
    ['an unknown field', '{"version": 1, "outptus": "x"}', /outptus/],
  ])('is refused with %s', async (_what, text, message) => {
    await writeFile(join(folder, 'gguf-studio.json'), text);
    await expect(findWorkspace(folder)).rejects.toMatchObject({
      code: 'recipe/invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('the Seedling workspace', () => {
  it('is copied once, whole, also by several processes at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => ensureSeedlingWorkspace(folder)));
    expect(new Set(all.map((workspace) => workspace.folder))).toEqual(
      new Set([join(folder, 'seedling')]),
    );
    expect(await readdir(folder)).toEqual(['seedling']);
    const mapping = parseModelMapping(await readFile(all[0]?.mappingPath ?? '', 'utf8'), 'm');
    for (const { path } of Object.values(mapping.bases)) {
      expect(await readdir(join(folder, 'seedling', path))).toContain('model.safetensors');
    }
    for (const { subdomains } of Object.values(mapping.domains)) {
      for (const { adapter } of Object.values(subdomains)) {
        expect(await readdir(join(folder, 'seedling', adapter))).toContain('adapter_config.json');
      }
    }
    expect(await readdir(join(folder, 'seedling'))).toContain('LICENSE.wordnet.txt');
  });

  it('keeps what the user changed', async () => {
    const { mappingPath } = await ensureSeedlingWorkspace(folder);
    await writeFile(mappingPath, 'mine');
    await ensureSeedlingWorkspace(folder);
    expect(await readFile(mappingPath, 'utf8')).toBe('mine');
  });

  it('never replaces a folder that is something else', async () => {
    await mkdir(join(folder, 'seedling'));
    await writeFile(join(folder, 'seedling', 'precious.txt'), 'x');
    await expect(ensureSeedlingWorkspace(folder)).rejects.toMatchObject({ code: 'output/exists' });
    expect(await readdir(folder)).toEqual(['seedling']);
    expect(await readdir(join(folder, 'seedling'))).toEqual(['precious.txt']);
  });
});
