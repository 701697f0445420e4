import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseModelMapping, type ModelMapping } from '#src/recipe/model-mapping.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import { newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { recipeForDomain, recipeForUniversal } from '#src/recipe/recipe-for-domain.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';

const shippedText = readFileSync('configs/model_mapping.json', 'utf8');
const shipped = parseModelMapping(shippedText, 'model_mapping.json');

/** The shipped mapping with `conditions` trained on a base of its own. */
function twoBases(): ModelMapping {
  const mapping = structuredClone(shipped);
  mapping.bases.other = { path: 'other-base' };
  const conditions = mapping.domains.healthcare?.subdomains.conditions;
  if (conditions === undefined) throw new Error('the shipped mapping has conditions');
  conditions.base = 'other';
  return mapping;
}

const planned = (recipe: RecipeInput) => planRecipe(newRecipeDocument(recipe, 'r').recipe, 'r');
const filesOf = (recipe: RecipeInput) =>
  planned(recipe).passes.flatMap(({ outputs }) => outputs.map(({ fileName }) => fileName));
const packageOf = (recipe: RecipeInput) => recipe.nodes.find(({ kind }) => kind === 'package');

describe('the shipped model mapping', () => {
  it('covers the five domains with the eight adapters of Seedling', () => {
    expect(
      Object.entries(shipped.domains).map(([name, { subdomains }]) => [
        name,
        Object.keys(subdomains),
      ]),
    ).toEqual([
      ['healthcare', ['conditions', 'anatomy']],
      ['business', ['finance', 'organizations']],
      ['education', ['science', 'language']],
      ['creative', ['sea_stories']],
      ['leadership', ['addresses']],
    ]);
  });

  it('gives each use case its level and window', () => {
    expect(shipped.defaultUseCase).toBe('production');
    expect(shipped.useCases).toEqual({
      production: { level: 'Q4_K_M', contextWindow: 2048 },
      mobile: { level: 'Q2_K', contextWindow: 1024 },
      healthcare: { level: 'Q5_K_M', contextWindow: 4096 },
      'quality-critical': { level: 'Q5_K_M', contextWindow: 4096 },
      development: { level: 'Q8_0', contextWindow: 8192 },
    });
  });
});

describe('the recipe of a domain', () => {
  it('is bundled at the level of its use case', () => {
    const recipe = recipeForDomain(shipped, 'healthcare');
    expect(filesOf(recipe)).toEqual(['seedling-4m-healthcare-Q5_K_M.gguf']);
    expect(packageOf(recipe)).toMatchObject({ form: 'bundled', contextWindow: 4096 });
    expect(
      planned(recipe).passes[0]?.outputs[0]?.adapters.map(({ subdomain }) => subdomain),
    ).toEqual(['conditions', 'anatomy']);
    expect(filesOf(recipeForDomain(shipped, 'business'))).toEqual([
      'seedling-4m-business-Q4_K_M.gguf',
    ]);
  });

  it('takes other levels, use cases and windows', () => {
    const recipe = recipeForDomain(shipped, 'healthcare', {
      levels: ['Q2_K', 'Q8_0'],
      useCase: 'mobile',
    });
    expect(filesOf(recipe)).toEqual([
      'seedling-4m-healthcare-Q2_K.gguf',
      'seedling-4m-healthcare-Q8_0.gguf',
    ]);
    expect(packageOf(recipe)).toMatchObject({ contextWindow: 1024 });
    expect(packageOf(recipeForDomain(shipped, 'creative', { contextWindow: 77 }))).toMatchObject({
      contextWindow: 77,
    });
  });

  it('merges by exact sum when asked to', () => {
    const [pass] = planned(recipeForDomain(shipped, 'healthcare', { form: 'merged' })).passes;
    expect(pass?.model.merge?.node.method).toBe('sum');
    expect(pass?.model.merge?.adapters.map(({ subdomain }) => subdomain)).toEqual([
      'conditions',
      'anatomy',
    ]);
    expect(pass?.outputs[0]?.adapters).toEqual([]);
  });

  it('becomes one parent per base where its subdomains were trained on several', () => {
    const recipe = recipeForDomain(twoBases(), 'healthcare');
    expect(filesOf(recipe)).toEqual([
      'other-base-healthcare-Q5_K_M.gguf',
      'seedling-4m-healthcare-Q5_K_M.gguf',
    ]);
    expect(planned(recipe).families[0]?.packages).toHaveLength(2);
  });

  it('is refused as one merged parent over several bases, naming who differs', () => {
    expect(() => recipeForDomain(twoBases(), 'healthcare', { form: 'merged' })).toThrow(
      /different bases \(healthcare\/conditions on other; healthcare\/anatomy on seedling-4m\)/,
    );
    expect(() => recipeForUniversal(twoBases(), { form: 'merged' })).toThrow(
      /healthcare\/conditions on other/,
    );
  });

  it('refuses one file name or one imatrix for several parents', () => {
    expect(() => recipeForDomain(twoBases(), 'healthcare', { fileName: 'x.gguf' })).toThrow(
      /2 parents/,
    );
    expect(() => recipeForDomain(twoBases(), 'healthcare', { imatrix: 'i.gguf' })).toThrow(
      /one imatrix/,
    );
  });

  it('wires an imatrix to the quantize step', () => {
    const [pass] = planned(recipeForDomain(shipped, 'creative', { imatrix: 'i.gguf' })).passes;
    expect(pass?.imatrix?.path).toBe('i.gguf');
  });

  it('is refused for an unknown domain or use case, with the nearest name', () => {
    expect(() => recipeForDomain(shipped, 'helthcare')).toThrow(
      expect.objectContaining({
        code: 'usage/invalid',
        hint: 'Did you mean "healthcare"?',
      }) as Error,
    );
    expect(() => recipeForDomain(shipped, 'constructor')).toThrow(/no domain/);
    expect(() => recipeForDomain(shipped, 'business', { useCase: 'phone' })).toThrow(
      /no use case "phone"/,
    );
  });
});

describe('the universal recipe', () => {
  it('bundles all domains in one parent and lists the emotion step by default', () => {
    const recipe = recipeForUniversal(shipped);
    expect(filesOf(recipe)).toEqual(['seedling-4m-universal-Q4_K_M.gguf']);
    expect(planned(recipe).passes[0]?.outputs[0]?.adapters).toHaveLength(8);
    expect(recipe.nodes.find(({ kind }) => kind === 'family')).toMatchObject({
      emotion: true,
      name: 'universal',
    });
    expect(recipeForUniversal(shipped, { emotion: false }).nodes.at(-1)).toMatchObject({
      emotion: false,
    });
  });

  it('merges with TIES at density 0.5', () => {
    const [pass] = planned(recipeForUniversal(shipped, { form: 'merged' })).passes;
    expect(pass?.model.merge?.node).toMatchObject({ method: 'ties', density: 0.5 });
  });
});

describe('a model mapping that leads nowhere', () => {
  const edited = (from: string, to: string) => () =>
    parseModelMapping(shippedText.replace(from, to), 'm.json');
  it.each([
    [
      'an unknown base',
      '"base": "seedling-4m"',
      '"base": "seedling-4n"',
      /domains\.healthcare\.subdomains\.conditions\.base \(line \d+, column \d+\): there is no base "seedling-4n"/,
    ],
    [
      'an unknown use case',
      '"useCase": "healthcare"',
      '"useCase": "health"',
      /no use case "health"/,
    ],
    [
      'an unknown default',
      '"defaultUseCase": "production"',
      '"defaultUseCase": "x"',
      /no use case "x"/,
    ],
    [
      'an unknown level',
      '"level": "Q4_K_M"',
      '"level": "Q4_K_X"',
      /useCases\.production\.level .*"Q4_K_X" is not known/,
    ],
    ['another version', '"version": 1', '"version": 2', /version/],
  ])('is refused for %s', (_what, from, to, message) => {
    expect(edited(from, to)).toThrow(message);
  });
});
