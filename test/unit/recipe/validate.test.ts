import { describe, expect, it } from 'vitest';
import { inputPortFor, nodePorts, whyNot } from '#src/recipe/node-ports.ts';
import type { NodeKind, RecipeInput } from '#src/recipe/recipe-schema.ts';
import { validateRecipe } from '#src/recipe/validate.ts';
import {
  adapterA, adapterB, base, bundled, bundledRecipe, documentOf, family, merge, merged, parsedRecipe,
} from '#test/helpers/build-recipe.ts'; // prettier-ignore
import { processorMilliseconds } from '#test/helpers/processor-time.ts';

const q = {
  id: 'quantize',
  kind: 'quantize',
  levels: ['Q8_0'],
} satisfies RecipeInput['nodes'][number];
const im = { id: 'im', kind: 'imatrix', path: 'i.gguf' } as const;

function problemsOf(nodes: RecipeInput['nodes'], wires: readonly string[]): string[] {
  return validateRecipe(parsedRecipe(nodes, wires)).map(
    ({ severity, message, hint }) => `${severity}: ${message} ${hint ?? ''}`,
  );
}

describe('a sound recipe', () => {
  it('has no problems when bundled', () => {
    expect(validateRecipe(documentOf(bundledRecipe()).recipe)).toEqual([]);
  });

  it('has no problems when merged, with an imatrix', () => {
    expect(
      problemsOf(
        [base, adapterA, adapterB, merge, im, q, merged],
        [
          'base -> merge',
          'a -> merge',
          'b -> merge',
          'merge -> quantize',
          'im -> quantize',
          'quantize -> package',
        ],
      ),
    ).toEqual([]);
  });

  it('may end in a quantize step', () => {
    expect(problemsOf([base, q], ['base -> quantize'])).toEqual([]);
  });
});

describe('wiring', () => {
  const kinds = Object.keys(nodePorts) as NodeKind[];
  it.each(kinds.flatMap((from) => kinds.map((to) => [from, to] as const)))(
    'from %s to %s either fits a port or says why not',
    (from, to) => {
      const port = inputPortFor(from, to);
      if (port === undefined) expect(whyNot(from, to)).toMatch(/^[A-Z].{20,}\.$/);
      else expect(port.accepts).toBe(nodePorts[from].output);
    },
  );

  it.each([
    [['base -> package'], /put a quantize step between/],
    [['a -> quantize'], /merge it into its base first/],
    [['quantize -> merge'], /merged before quantizing/],
    [['base -> quantize', 'nowhere -> quantize'], /no node has the id "nowhere"/],
    [['base -> quantize', 'base -> quantize'], /wired to "quantize" twice/],
    [['base -> quantize', 'quantize -> quantize'], /Quantizing twice/],
    [['base -> family'], /A family gathers packages/],
  ])('%j is refused with the reason', (wires, message) => {
    const nodes = [base, adapterA, adapterB, merge, q, bundled, family];
    expect(problemsOf(nodes, wires).join('\n')).toMatch(message);
  });

  it('refuses two bases at one step, and a step without any', () => {
    const second = { ...base, id: 'second' };
    expect(
      problemsOf([base, second, q], ['base -> quantize', 'second -> quantize']).join('\n'),
    ).toMatch(/has 2 wires at its model input; it needs one base or merge/);
    expect(problemsOf([base, q], []).join('\n')).toMatch(/has 0 wires at its model input/);
  });

  it('warns of a node that nothing uses', () => {
    expect(problemsOf([base, adapterA, q], ['base -> quantize'])).toEqual([
      'warning: "a" (adapter) is not wired to anything and is ignored. ',
    ]);
  });

  it('refuses a recipe that writes nothing', () => {
    expect(problemsOf([base, adapterA, merge], ['base -> merge', 'a -> merge']).join('\n')).toMatch(
      /nothing would be written/,
    );
  });
});

describe('rules of single nodes', () => {
  const throughMerge = ['base -> merge', 'a -> merge', 'merge -> quantize', 'quantize -> package'];
  it.each([
    [
      'a bundled package without adapters',
      [base, q, bundled],
      ['base -> quantize', 'quantize -> package'],
      /without adapters/,
    ],
    [
      'a merged package with adapters',
      [base, adapterA, adapterB, merge, q, merged],
      [...throughMerge, 'b -> package'],
      /adapters are wired to it/,
    ],
    [
      'a merged package of a plain base',
      [base, q, merged],
      ['base -> quantize', 'quantize -> package'],
      /nothing is merged/,
    ],
    [
      'an adapter merged and bundled',
      [base, adapterA, merge, q, bundled],
      [...throughMerge, 'a -> package'],
      /would count twice/,
    ],
    [
      'an adapter merged and bundled under another id',
      [base, adapterA, { ...adapterA, id: 'again' }, merge, q, bundled],
      [...throughMerge, 'again -> package'],
      /would count twice/,
    ],
    [
      'two adapters of one name',
      [base, adapterA, { ...adapterB, subdomain: 'a' }, q, bundled],
      ['base -> quantize', 'quantize -> package', 'a -> package', 'b -> package'],
      /both called "a"/,
    ],
    [
      'as-is after a merge',
      [base, adapterA, merge, { ...q, levels: ['as-is' as const] }],
      throughMerge.slice(0, 3),
      /as-is keeps tensors untouched/,
    ],
    [
      'as-is with pruned layers',
      [base, { ...q, levels: ['as-is' as const], pruneLayers: [1] }],
      ['base -> quantize'],
      /as-is keeps every layer/,
    ],
    [
      'bundled adapters over pruned layers',
      [base, adapterA, { ...q, pruneLayers: [1] }, bundled],
      ['base -> quantize', 'quantize -> package', 'a -> package'],
      /meet other layers than they were trained on/,
    ],
    [
      'a level listed twice',
      [base, { ...q, levels: ['Q8_0' as const, 'Q8_0' as const] }],
      ['base -> quantize'],
      /listed twice/,
    ],
    [
      'one file name for two levels',
      [base, { ...q, levels: ['Q8_0' as const, 'Q4_0' as const], fileName: 'x.gguf' }],
      ['base -> quantize'],
      /would all be written to "x.gguf"/,
    ],
    [
      'density without ties or dare',
      [base, adapterA, { ...merge, density: 0.5 }, q],
      throughMerge.slice(0, 3),
      /density belongs to ties and dare/,
    ],
    [
      'a seed without dare',
      [base, adapterA, { ...merge, method: 'ties' as const, seed: 1 }, q],
      throughMerge.slice(0, 3),
      /ties has no seed/,
    ],
  ])('refuse %s', (_what, nodes, wires, message) => {
    expect(problemsOf(nodes as RecipeInput['nodes'], wires).join('\n')).toMatch(message);
  });

  it('let two domains have a subdomain of the same name', () => {
    const other = { ...adapterA, id: 'other', domain: 'e', path: 'adapters/e' };
    const wires = ['base -> quantize', 'quantize -> package', 'a -> package', 'other -> package'];
    expect(
      problemsOf(
        [base, { ...adapterA, subdomain: 's' }, { ...other, subdomain: 's' }, q, bundled],
        wires,
      ),
    ).toEqual([]);
  });
});

describe('a very large recipe', () => {
  it('is checked in well under a second', () => {
    const nodes = Array.from({ length: 2_000 }, (_, i) => ({
      id: `n${i}`,
      kind: 'adapter' as const,
      path: `p${i}`,
    }));
    const edges = Array.from({ length: 20_000 }, (_, i) => ({
      from: `n${i % 2_000}`,
      to: `missing-node-${i}`,
    }));
    const recipe = documentOf({ version: 1, nodes, edges }).recipe;
    const start = processorMilliseconds();
    expect(validateRecipe(recipe).length).toBeGreaterThan(100);
    expect(processorMilliseconds() - start).toBeLessThan(1_000);
  });
});
