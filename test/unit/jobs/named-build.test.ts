// From a domain's name to a recipe in a workspace: what the command line and the API build.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chooseWorkspace,
  prepareDomainBuild,
  prepareRecipeBuild,
  prepareUniversalBuild,
} from '#src/jobs/named-build.ts';
import { planRecipe } from '#src/recipe/plan.ts';

const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'named-build-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

const placesOf = ({ document }: Awaited<ReturnType<typeof prepareDomainBuild>>) =>
  planRecipe(document.recipe, 'r').passes.flatMap(({ outputs }) =>
    outputs.map(({ folder: place, fileName }) => `${place}/${fileName}`),
  );

describe('a named build', () => {
  it('works in the Seedling workspace where there is no other', async () => {
    const prepared = await prepareDomainBuild('healthcare', {}, folder);
    expect(prepared.folder).toBe(join(folder, 'home', 'seedling'));
    expect(placesOf(prepared)).toEqual(['outputs/healthcare/seedling-4m-healthcare-Q5_K_M.gguf']);
    expect(prepared.document.label).toBe('build domain healthcare');
  });

  it('puts merged parents beside bundled ones', async () => {
    const prepared = await prepareDomainBuild(
      'business',
      { merged: true, levels: ['Q8_0'] },
      folder,
    );
    expect(placesOf(prepared)).toEqual(['outputs/business-merged/seedling-4m-business-Q8_0.gguf']);
  });

  it('takes a folder or a file name as its output path', async () => {
    const toFolder = await prepareUniversalBuild({ outputPath: join(folder, 'elsewhere') }, folder);
    expect(placesOf(toFolder)).toEqual([
      `${join(folder, 'elsewhere')}/seedling-4m-universal-Q4_K_M.gguf`,
    ]);
    const toFile = await prepareUniversalBuild(
      { outputPath: join(folder, 'home', 'seedling', 'all.gguf') },
      folder,
    );
    expect(placesOf(toFile)).toEqual(['./all.gguf']);
    expect(toFile.document.recipe.nodes.find(({ kind }) => kind === 'family')).toMatchObject({
      emotion: true,
      folder: '.',
    });
  });

  it('refuses several levels under one file name', async () => {
    const prepared = await prepareDomainBuild(
      'creative',
      { outputPath: join(folder, 'x.gguf'), levels: ['Q8_0', 'Q4_0'] },
      folder,
    );
    expect(() => placesOf(prepared)).toThrow(/2 levels would all be written to "x\.gguf"/);
  });

  it('names an unknown domain, and a workspace without a mapping', async () => {
    await expect(prepareDomainBuild('helthcare', {}, folder)).rejects.toMatchObject({
      code: 'usage/invalid',
      hint: 'Did you mean "healthcare"?',
    });
    await mkdir(join(folder, 'lab', 'deep'), { recursive: true });
    await writeFile(join(folder, 'lab', 'gguf-studio.json'), '{"version": 1}');
    expect((await chooseWorkspace(join(folder, 'lab', 'deep'))).folder).toBe(join(folder, 'lab'));
    await expect(prepareUniversalBuild({}, join(folder, 'lab', 'deep'))).rejects.toMatchObject({
      code: 'io/not-found',
      message: expect.stringContaining('has no model mapping') as string,
    });
  });
});

describe('a recipe file', () => {
  it('is built in its own folder', async () => {
    await writeFile(join(folder, 'x.recipe.json'), '{"version": 1, "nodes": [], "edges": []}');
    const prepared = await prepareRecipeBuild(join(folder, 'x.recipe.json'), 'x.recipe.json');
    expect(prepared).toMatchObject({ folder, document: { label: 'x.recipe.json' } });
    await expect(prepareRecipeBuild(join(folder, 'none.json'), 'none.json')).rejects.toMatchObject({
      code: 'io/not-found',
      message: 'none.json does not exist.',
    });
  });
});
