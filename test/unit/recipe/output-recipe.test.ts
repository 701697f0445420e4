import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#src/recipe/canonical-recipe.ts';
import { explainDifference, type OutputProvenance } from '#src/recipe/explain-difference.ts';
import { mergedAdaptersOf, outputRecipe } from '#src/recipe/output-recipe.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { adapterA, adapterB, base, bundled, documentOf, merge, merged, parsedRecipe } from '#test/helpers/build-recipe.ts'; // prettier-ignore

const q = {
  id: 'quantize',
  kind: 'quantize',
  levels: ['Q4_K_M', 'Q8_0'],
} satisfies RecipeInput['nodes'][number];
const hashOf = (id: string) => Buffer.from(id).toString('hex').padEnd(64, '0').slice(0, 64);

function outputsOf(nodes: RecipeInput['nodes'], wires: readonly string[]) {
  const [pass] = planRecipe(parsedRecipe(nodes, wires), 'r').passes;
  if (pass === undefined) throw new Error('one pass');
  return pass.outputs.map((output) => outputRecipe(pass, output, hashOf));
}
const bundledWires = ['base -> quantize', 'quantize -> package', 'a -> package', 'b -> package'];
const mergedWires = [
  'base -> merge',
  'a -> merge',
  'b -> merge',
  'merge -> quantize',
  'quantize -> package',
];

describe("an output's own recipe", () => {
  it('is a recipe that can be planned, with one level and pinned sources', () => {
    const [first] = outputsOf([base, adapterA, adapterB, q, bundled], bundledWires);
    const document = documentOf(first);
    expect(planRecipe(document.recipe, 'r').passes[0]?.outputs.map(({ level }) => level)).toEqual([
      'Q4_K_M',
    ]);
    expect(document.recipe.nodes.find(({ kind }) => kind === 'base')).toMatchObject({
      sha256: hashOf('base'),
    });
  });

  it('does not depend on ids, folders, screen data or routes', () => {
    const plain = outputsOf([base, adapterA, adapterB, q, bundled], bundledWires);
    const dressed = outputsOf(
      [
        { ...base, label: 'Base', position: { x: 1, y: 2 } },
        { ...adapterA, route: { examples: ['x'], keywords: [] } },
        adapterB,
        { ...q, id: 'other', folder: 'out', label: 'Q' },
        { ...bundled, folder: 'elsewhere', fileName: 'x-{level}.gguf' },
      ],
      bundledWires.map((wire) => wire.replace('quantize', 'other')),
    );
    expect(dressed.map(canonicalJson)).toEqual(plain.map(canonicalJson));
  });

  it('says which adapters are in the weights', () => {
    const [first] = outputsOf(
      [base, adapterA, adapterB, { ...merge, method: 'dare' }, q, merged],
      mergedWires,
    );
    if (first === undefined) throw new Error('one output');
    expect(mergedAdaptersOf(first)).toEqual([
      { name: 'a', sha256: hashOf('a') },
      { name: 'b', sha256: hashOf('b') },
    ]);
    expect(first.nodes.find(({ kind }) => kind === 'merge')).toMatchObject({
      method: 'dare',
      density: 0.5,
      seed: 0,
    });
    const [plain] = outputsOf([base, adapterA, adapterB, q, bundled], bundledWires);
    expect(plain && mergedAdaptersOf(plain)).toEqual([]);
  });

  it('keeps what the base held already', () => {
    const [pass] = planRecipe(parsedRecipe([base, q], ['base -> quantize']), 'r').passes;
    const history = [{ name: 'old', sha256: hashOf('old') }];
    const [output] = pass?.outputs ?? [];
    if (pass === undefined || output === undefined) throw new Error('one output');
    expect(mergedAdaptersOf(outputRecipe(pass, output, hashOf, history))).toEqual(history);
  });
});

describe('why two outputs differ', () => {
  const provenance = (
    nodes: RecipeInput['nodes'],
    wires: readonly string[],
    index = 0,
  ): OutputProvenance => {
    const recipe = outputsOf(nodes, wires)[index];
    if (recipe === undefined) throw new Error('an output');
    return { recipe, library: 'llama.cpp v0.5.0', contextWindow: 1024 };
  };
  const plain = provenance([base, adapterA, adapterB, q, bundled], bundledWires);

  it('is nothing for the same provenance', () => {
    expect(
      explainDifference(plain, provenance([base, adapterA, adapterB, q, bundled], bundledWires)),
    ).toEqual([]);
  });

  it('is the level, and nothing else, for two outputs of one pass', () => {
    const other = provenance([base, adapterA, adapterB, q, bundled], bundledWires, 1);
    expect(explainDifference(plain, other).map(({ sentence }) => sentence)).toEqual([
      'Different levels of quantize: Q4_K_M in the first, Q8_0 in the second.',
    ]);
  });

  it('names every cause once: content, scale, release, window', () => {
    const changed = provenance(
      [base, { ...adapterA, scale: 0.5 }, { ...adapterB, id: 'c', subdomain: 'b' }, q, bundled],
      bundledWires.map((w) => w.replace('b -> package', 'c -> package')),
    );
    const differences = explainDifference(plain, {
      ...changed,
      library: 'llama.cpp v0.4.0',
      contextWindow: 512,
    });
    expect(differences.map(({ field }) => field)).toEqual([
      'adapter-1.scale',
      'adapter-2.sha256',
      'library',
      'contextWindow',
    ]);
  });

  it('says that only one of them has an adapter, without listing its fields', () => {
    const one = provenance([base, adapterA, q, bundled], bundledWires.slice(0, 3));
    expect(explainDifference(plain, one).map(({ sentence }) => sentence)).toEqual([
      'Only the first has the adapter b; the second has none.',
    ]);
  });

  it('tells merged from bundled', () => {
    const other = provenance([base, adapterA, adapterB, merge, q, merged], mergedWires);
    const fields = explainDifference(plain, other).map(({ field }) => field);
    expect(fields).toEqual(
      expect.arrayContaining(['merge', 'package.form', 'adapter-1', 'merged-adapter-1']),
    );
  });
});
