// The evaluate node: what it may be wired to, and that it never changes what is built.
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#src/recipe/canonical-recipe.ts';
import { inputPortFor } from '#src/recipe/node-ports.ts';
import { outputRecipe } from '#src/recipe/output-recipe.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import type { Recipe, RecipeInput } from '#src/recipe/recipe-schema.ts';
import { validateRecipe } from '#src/recipe/validate.ts';
import { base, bundledRecipe, documentOf, parsedRecipe } from '#test/helpers/build-recipe.ts';

const quantize = {
  id: 'quantize',
  kind: 'quantize',
  levels: ['Q4_K_M', 'Q8_0'],
} satisfies RecipeInput['nodes'][number];
const evaluate = { id: 'evaluate', kind: 'evaluate' } as const;

function outputsOf(recipe: Recipe): string[] {
  const [pass] = planRecipe(recipe, 'r').passes;
  if (pass === undefined) throw new Error('one pass');
  return pass.outputs.map(
    (output) =>
      `${output.folder}/${output.fileName} ${canonicalJson(outputRecipe(pass, output, (id) => id.padEnd(64, '0').replaceAll(/[^0-9a-f]/g, '0')))}`,
  );
}

describe('an evaluate step', () => {
  it('measures the general suite without a gate unless it says otherwise', () => {
    const [node] = parsedRecipe([evaluate], []).nodes;
    expect(node).toEqual({
      id: 'evaluate',
      kind: 'evaluate',
      suites: ['general'],
      contextSize: 512,
      fullComparison: false,
    });
  });

  it('takes quantized levels and packages, and nothing else', () => {
    const kinds = ['base', 'adapter', 'imatrix', 'merge', 'quantize', 'package', 'family'] as const;
    expect(kinds.filter((kind) => inputPortFor(kind, 'evaluate') !== undefined)).toEqual([
      'quantize',
      'package',
    ]);
    expect(kinds.filter((kind) => inputPortFor('evaluate', kind) !== undefined)).toEqual([]);
  });

  it('is an error while nothing is wired to it, and for a suite that is listed twice', () => {
    const nodes = [base, quantize, { ...evaluate, suites: ['general', 'general'] }];
    expect(
      validateRecipe(parsedRecipe(nodes, ['base -> quantize'])).map(({ message }) => message),
    ).toEqual([
      '"evaluate" (evaluate) has nothing to measure.',
      'the suite general is listed twice.',
    ]);
  });

  it.each([0, -1, 'strict'])('refuses the gate %s', (gate) => {
    const recipe = { version: 1, nodes: [{ ...evaluate, gate }], edges: [] };
    expect(() => documentOf(recipe)).toThrow(/gate/);
  });

  it('changes neither which files a quantize step writes nor what they are made from', () => {
    const without = parsedRecipe([base, quantize], ['base -> quantize']);
    const wires = ['base -> quantize', 'quantize -> evaluate'];
    const measured = parsedRecipe([base, quantize, { ...evaluate, gate: 0.02 }], wires);
    expect(outputsOf(measured)).toEqual(outputsOf(without));
  });

  it('changes nothing about packages either, and is listed by the plan', () => {
    const { nodes, edges, ...rest } = bundledRecipe();
    const more = documentOf({
      ...rest,
      nodes: [...nodes, evaluate],
      edges: [...edges, { from: 'package', to: 'evaluate' }],
    }).recipe;
    expect(outputsOf(more)).toEqual(outputsOf(documentOf(bundledRecipe()).recipe));
    expect(planRecipe(more, 'r').evaluations.map(({ node }) => node.id)).toEqual(['evaluate']);
  });
});
