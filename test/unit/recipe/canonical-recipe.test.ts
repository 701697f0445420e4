import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalRecipe, portablePath } from '#src/recipe/canonical-recipe.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { base, bundledRecipe, documentOf } from '#test/helpers/build-recipe.ts';

const canonicalOf = (recipe: RecipeInput) => canonicalRecipe(documentOf(recipe).recipe);
const edited = (change: (recipe: RecipeInput) => void) => {
  const recipe = structuredClone(bundledRecipe());
  change(recipe);
  return canonicalOf(recipe);
};

describe('the canonical form of a recipe', () => {
  const original = canonicalOf(bundledRecipe());

  it.each<[string, (recipe: RecipeInput) => void]>([
    ['positions', (r) => Object.assign(r.nodes[0] ?? {}, { position: { x: 3, y: 4 } })],
    ['labels', (r) => Object.assign(r.nodes[0] ?? {}, { label: 'My base' })],
    ['the name', (r) => Object.assign(r, { name: 'other', $schema: 'x' })],
    ['the order of nodes', (r) => r.nodes.reverse()],
    ['defaults written out', (r) => Object.assign(r.nodes[1] ?? {}, { scale: 1 })],
  ])('does not depend on %s', (_what, change) => {
    expect(edited(change)).toBe(original);
  });

  it.each<[string, (recipe: RecipeInput) => void]>([
    ['a level', (r) => Object.assign(r.nodes[3] ?? {}, { levels: ['Q8_0', 'Q4_K_M'] })],
    ['a scale', (r) => Object.assign(r.nodes[1] ?? {}, { scale: 0.5 })],
    ['a relative path', (r) => Object.assign(r.nodes[0] ?? {}, { path: 'elsewhere/tiny' })],
    ['the order of adapters', (r) => r.edges.reverse()],
  ])('depends on %s', (_what, change) => {
    expect(edited(change)).not.toBe(original);
  });

  it('holds no absolute path, whatever the system', () => {
    const forms = ['/home/x/tiny', 'C:\\models\\tiny', '\\\\server\\share\\tiny', 'D:/tiny'];
    for (const path of forms) {
      const recipe = {
        ...bundledRecipe(),
        nodes: [{ ...base, path }, ...bundledRecipe().nodes.slice(1)],
      };
      expect(canonicalOf(recipe)).toBe(
        edited((r) => Object.assign(r.nodes[0] ?? {}, { path: 'tiny' })),
      );
    }
    expect(portablePath('..\\models\\tiny')).toBe('../models/tiny');
  });

  it('sorts keys and writes numbers as RFC 8785 says', () => {
    expect(canonicalJson({ b: 1.0, a: [1e21, -0, 'ü\u0001'], '\u00e9': null })).toBe(
      '{"a":[1e+21,0,"ü\\u0001"],"b":1,"é":null}',
    );
  });

  it('is JSON of the same value for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
