// Recipes to start from: nothing, one domain, all domains, one base at many levels. Their paths are relative to the
// workspace, where a new recipe is saved; the canvas lays them out.
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { templateSchema, WorkspaceDomains } from '#src/contract/studio/recipes.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import type { Workspace } from '#src/io/workspace.ts';
import { parseModelMapping, type ModelMapping } from '#src/recipe/model-mapping.ts';
import {
  recipeForDomain,
  recipeForUniversal,
  universalName,
} from '#src/recipe/recipe-for-domain.ts';
import { familyName, recipeForFamily } from '#src/recipe/recipe-for-family.ts';
import { emptyRecipe, newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { recipeLevels, type RecipeInput, type RecipeLevel } from '#src/recipe/recipe-schema.ts';
import { pathFrom, type StudioFiles } from './studio-files.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

/** From nearly lossless to the smallest that llama.cpp makes without an importance matrix. */
const comparedLevels: readonly RecipeLevel[] = ['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q2_K'];
const maximumMappingBytes = 4 << 20;

type Template = z.output<typeof templateSchema>;

export function templateHandlers({
  files,
  workspace,
}: StudioParts): StudioHandlers<'listDomains' | 'makeFromTemplate'> {
  return {
    async listDomains() {
      try {
        return describeMapping(await readMapping(workspace()));
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
        const problem = [error.message, error.hint].filter(Boolean).join(' ');
        return { domains: [], useCases: [], problem };
      }
    },
    async makeFromTemplate(template) {
      const { name, recipe } = await makeRecipe(template, workspace(), files);
      return { name, text: newRecipeDocument({ name, ...recipe }, name).text };
    },
  };
}

function describeMapping(mapping: ModelMapping): WorkspaceDomains {
  return {
    domains: Object.entries(mapping.domains).map(([name, domain]) => ({
      name,
      subdomains: Object.keys(domain.subdomains),
      useCase: domain.useCase ?? mapping.defaultUseCase,
    })),
    useCases: Object.entries(mapping.useCases).map(([name, { level, contextWindow }]) => ({
      name,
      levels: [level],
      contextWindow,
    })),
  };
}

async function makeRecipe(
  template: Template,
  workspace: Workspace,
  files: StudioFiles,
): Promise<{ name: string; recipe: RecipeInput }> {
  const outputs = pathFrom(workspace.folder, workspace.outputFolder);
  switch (template.template) {
    case 'empty':
      return { name: 'New recipe', recipe: emptyRecipe };
    case 'domain': {
      const { domain, useCase, form } = template;
      const folder = `${outputs}/${form === 'merged' ? `${domain}-merged` : domain}`;
      const levels = template.levels?.map(knownLevel);
      const mapping = await readMapping(workspace);
      return {
        name: domain,
        recipe: recipeForDomain(mapping, domain, { useCase, form, levels, folder }),
      };
    }
    case 'universal': {
      const { form } = template;
      const folder = `${outputs}/${form === 'merged' ? `${universalName}-merged` : universalName}`;
      const mapping = await readMapping(workspace);
      return { name: universalName, recipe: recipeForUniversal(mapping, { form, folder }) };
    }
    case 'family': {
      const { form } = template;
      const folder = `${outputs}/${form === 'merged' ? `${familyName}-merged` : familyName}`;
      const mapping = await readMapping(workspace);
      return { name: familyName, recipe: recipeForFamily(mapping, { form, folder }) };
    }
    case 'compare-levels': {
      const base =
        template.base === undefined
          ? await firstBase(workspace)
          : pathFrom(workspace.folder, await files.pathOf(template.base));
      const levels = template.levels?.map(knownLevel) ?? comparedLevels;
      const about = base === undefined ? 'levels' : basename(base).replace(/\.gguf$/i, '');
      return { name: `${about} levels`, recipe: compareLevels(base, levels, `${outputs}/levels`) };
    }
  }
}

function compareLevels(
  base: string | undefined,
  levels: readonly RecipeLevel[],
  folder: string,
): RecipeInput {
  const quantize = { id: 'quantize', kind: 'quantize' as const, levels: [...levels], folder };
  // What the levels cost is what they are compared for.
  const evaluate = { id: 'evaluate', kind: 'evaluate' as const };
  const measured = { from: 'quantize', to: 'evaluate' };
  if (base === undefined) return { version: 1, nodes: [quantize, evaluate], edges: [measured] };
  return {
    version: 1,
    nodes: [{ id: 'base', kind: 'base', path: base }, quantize, evaluate],
    edges: [{ from: 'base', to: 'quantize' }, measured],
  };
}

/** The base that the mapping names first; a workspace without a mapping has none, and the canvas asks for one. */
async function firstBase(workspace: Workspace): Promise<string | undefined> {
  const mapping = await readMapping(workspace).catch(() => undefined);
  const [first] = Object.values(mapping?.bases ?? {});
  return first?.path;
}

function knownLevel(name: string): RecipeLevel {
  const level = recipeLevels.find((known) => known.toLowerCase() === name.toLowerCase());
  if (level !== undefined) return level;
  throw new StudioError('recipe/invalid', `There is no level "${name.slice(0, 100)}".`, {
    hint: `Levels are: ${recipeLevels.join(', ')}.`,
  });
}

async function readMapping(workspace: Workspace): Promise<ModelMapping> {
  const path = workspace.mappingPath;
  try {
    const { size } = await stat(path);
    if (size > maximumMappingBytes) {
      throw new StudioError(
        'recipe/invalid',
        `${path} has ${size} bytes, too many for a model mapping.`,
        {
          hint: 'Check that "mapping" in gguf-studio.json names the right file.',
        },
      );
    }
    return parseModelMapping(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw toIoError(error, path);
    throw new StudioError('io/not-found', `The workspace has no model mapping (${path}).`, {
      hint: `Write one that names your bases and adapters; ${join('configs', 'model_mapping.json')} of GGUF Studio is an example. Recipes work without it.`,
      cause: error,
    });
  }
}
