import { describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { adapterA, adapterB, base, bundled, bundledRecipe, documentOf, family, merge, merged, parsedRecipe } from '#test/helpers/build-recipe.ts'; // prettier-ignore

const q = {
  id: 'quantize',
  kind: 'quantize',
  levels: ['Q4_K_M', 'Q8_0'],
} satisfies RecipeInput['nodes'][number];

describe('a plan', () => {
  it('writes one file per level and package in one pass over the source', () => {
    const plan = planRecipe(documentOf(bundledRecipe()).recipe, 'r');
    expect(plan.passes).toHaveLength(1);
    expect(
      plan.passes[0]?.outputs.map(({ fileName, adapters }) => [
        fileName,
        adapters.map(({ id }) => id),
      ]),
    ).toEqual([
      ['tiny-d-Q4_K_M.gguf', ['a', 'b']],
      ['tiny-d-Q8_0.gguf', ['a', 'b']],
    ]);
    expect(plan.families).toMatchObject([
      { node: { id: 'family' }, packages: [{ id: 'package' }] },
    ]);
  });

  it('keeps the adapters in the order of the wires, not of the nodes', () => {
    const recipe = parsedRecipe(
      [adapterA, adapterB, base, merge, q],
      ['base -> merge', 'b -> merge', 'a -> merge', 'merge -> quantize'],
    );
    expect(planRecipe(recipe, 'r').passes[0]?.model.merge?.adapters.map(({ id }) => id)).toEqual([
      'b',
      'a',
    ]);
  });

  it('lets several packages share one pass', () => {
    const second = { ...bundled, id: 'second', domain: 'e' };
    const recipe = parsedRecipe([base, adapterA, adapterB, q, bundled, second], [
      'base -> quantize', 'quantize -> package', 'quantize -> second', 'a -> package', 'b -> second',
    ]); // prettier-ignore
    const [pass] = planRecipe(recipe, 'r').passes;
    expect(pass?.outputs.map(({ fileName }) => fileName)).toEqual([
      'tiny-d-Q4_K_M.gguf', 'tiny-d-Q8_0.gguf', 'tiny-e-Q4_K_M.gguf', 'tiny-e-Q8_0.gguf',
    ]); // prettier-ignore
  });

  it('names the file of an untouched base after the level that its name carries', () => {
    const gguf = { ...base, path: 'models/Llama-3-8B.Q5_K_M.gguf' };
    const recipe = parsedRecipe(
      [gguf, adapterA, { ...q, levels: ['as-is'] }, bundled],
      ['base -> quantize', 'quantize -> package', 'a -> package'],
    );
    expect(planRecipe(recipe, 'r').passes[0]?.outputs[0]?.fileName).toBe(
      'Llama-3-8B-d-Q5_K_M.gguf',
    );
  });

  it('fills the level into a file name of the user', () => {
    const recipe = parsedRecipe([base, { ...q, fileName: 'x.{level}.gguf' }], ['base -> quantize']);
    expect(planRecipe(recipe, 'r').passes[0]?.outputs.map(({ fileName }) => fileName)).toEqual([
      'x.Q4_K_M.gguf',
      'x.Q8_0.gguf',
    ]);
  });

  it('keeps the warnings of the recipe', () => {
    const plan = planRecipe(parsedRecipe([base, adapterA, q], ['base -> quantize']), 'r');
    expect(plan.warnings).toEqual(['"a" (adapter) is not wired to anything and is ignored.']);
  });

  it('refuses two outputs of one path, whatever their case', () => {
    const upper = { ...merged, id: 'second', domain: 'D' };
    const nodes = [base, adapterA, merge, q, merged, upper];
    const recipe = parsedRecipe(nodes, [
      'base -> merge',
      'a -> merge',
      'merge -> quantize',
      'quantize -> package',
      'quantize -> second',
    ]);
    expect(() => planRecipe(recipe, 'r')).toThrow(StudioError);
    expect(() => planRecipe(recipe, 'r')).toThrow(
      /"package" and "second" would both write "tiny-D-Q4_K_M.gguf"/,
    );
  });

  it('refuses wrong wiring with line and column', () => {
    const document = documentOf({
      version: 1,
      nodes: [base, q, family],
      edges: [{ from: 'base', to: 'family' }],
    });
    expect(() => planRecipe(document.recipe, 'r', document.json)).toThrow(
      /r, edges\[0\] \(line \d+, column 5\): "base" \(base\) cannot be wired to "family"/,
    );
  });
});
