// Recipes for tests: the usual shape in few words, parsed as a file would be.
import { parseRecipe, type RecipeDocument } from '#src/recipe/recipe-file.ts';
import type { Recipe, RecipeInput } from '#src/recipe/recipe-schema.ts';

/** Wires written as `from -> to`. */
export function buildRecipe(nodes: RecipeInput['nodes'], wires: readonly string[]): RecipeInput {
  return {
    version: 1,
    nodes,
    edges: wires.map((wire) => {
      const [from = '', to = ''] = wire.split(' -> ');
      return { from, to };
    }),
  };
}

export function parsedRecipe(nodes: RecipeInput['nodes'], wires: readonly string[]): Recipe {
  return documentOf(buildRecipe(nodes, wires)).recipe;
}

export function documentOf(recipe: unknown): RecipeDocument {
  return parseRecipe(JSON.stringify(recipe, null, 2), 'test.recipe.json');
}

export const base = { id: 'base', kind: 'base', path: 'models/tiny' } as const;
export const adapterA = { id: 'a', kind: 'adapter', path: 'adapters/a', domain: 'd' } as const;
export const adapterB = { id: 'b', kind: 'adapter', path: 'adapters/b', domain: 'd' } as const;
export const merge = { id: 'merge', kind: 'merge' } as const;
export const quantize = { id: 'quantize', kind: 'quantize', levels: ['Q4_K_M', 'Q8_0'] } as const;
export const bundled = { id: 'package', kind: 'package', form: 'bundled', domain: 'd' } as const;
export const merged = { id: 'package', kind: 'package', form: 'merged', domain: 'd' } as const;
export const family = { id: 'family', kind: 'family', name: 'd' } as const;

/** base -> quantize -> bundled package with two adapters -> family. */
export const bundledRecipe = (): RecipeInput =>
  buildRecipe(
    [base, adapterA, adapterB, { ...quantize, levels: [...quantize.levels] }, bundled, family],
    [
      'base -> quantize',
      'quantize -> package',
      'a -> package',
      'b -> package',
      'package -> family',
    ],
  );
