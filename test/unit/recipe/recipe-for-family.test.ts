// The recipe of a whole family: a sound one, with a parent for every domain of the mapping that ships.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#src/io/package-root.ts';
import { parseModelMapping } from '#src/recipe/model-mapping.ts';
import { newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { recipeForFamily } from '#src/recipe/recipe-for-family.ts';
import { validateRecipe } from '#src/recipe/validate.ts';

describe('recipeForFamily', () => {
  it('has a package for every domain, all wired to one family, and no problem', async () => {
    const path = join(packageRoot(), 'configs', 'model_mapping.json');
    const mapping = parseModelMapping(await readFile(path, 'utf8'), path);
    const made = recipeForFamily(mapping, { folder: 'outputs/family' });
    const { recipe } = newRecipeDocument(made, 'family');
    expect(validateRecipe(recipe).filter(({ severity }) => severity === 'error')).toEqual([]);
    const packages = recipe.nodes.filter(({ kind }) => kind === 'package');
    expect(packages).toHaveLength(Object.keys(mapping.domains).length);
    const wired = recipe.edges.filter(({ to }) => to === 'family').map(({ from }) => from);
    expect(wired.sort()).toEqual(packages.map(({ id }) => id).sort());
    expect(new Set(recipe.nodes.map(({ id }) => id)).size).toBe(recipe.nodes.length);
  });
});
