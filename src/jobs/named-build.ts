// `build domain NAME`, `build universal` and `build RECIPE`: from what a person asks for to a recipe that can be run. The
// command line and the TypeScript API both start here, so that they build the same files.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { pathInside } from '#src/io/is-inside.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { findWorkspace, openWorkspace, type Workspace } from '#src/io/workspace.ts';
import { parseModelMapping, type ModelMapping } from '#src/recipe/model-mapping.ts';
import {
  recipeForDomain,
  recipeForUniversal,
  universalName,
  type DomainRecipeOptions,
} from '#src/recipe/recipe-for-domain.ts';
import { decodeRecipe, newRecipeDocument, type RecipeDocument } from '#src/recipe/recipe-file.ts';
import type { RecipeLevel } from '#src/recipe/recipe-schema.ts';

export interface NamedBuildOptions {
  /** Default: the use case's level. */
  readonly levels?: readonly RecipeLevel[] | undefined;
  /** A use case of the mapping; default: the domain's own, else the mapping's default. */
  readonly useCase?: string | undefined;
  /** Default: the use case's, clamped to the trained window. */
  readonly contextWindow?: number | undefined;
  /** Merge the adapters into the weights instead of bundling them. Default false. */
  readonly merged?: boolean | undefined;
  /** Universal only: list the emotion step in the manifest. Default true. */
  readonly emotion?: boolean | undefined;
  /** Absolute: a folder, or a file name ending in .gguf (`{level}` stands for the level). Default: the workspace's outputs. */
  readonly outputPath?: string | undefined;
  /** Absolute path of an importance matrix. */
  readonly imatrix?: string | undefined;
  readonly allowRequantize?: boolean | undefined;
  /** Absolute folder of the workspace. Default: found upward from `from`, else Seedling. */
  readonly workspace?: string | undefined;
}

/** A recipe that is ready to run. */
export interface PreparedBuild {
  readonly document: RecipeDocument;
  /** How the list of jobs names it: the recipe's file name, or what was asked for (`domain healthcare`). */
  readonly title: string;
  /** Absolute; absent when no file holds the recipe. */
  readonly recipePath?: string;
  /** Absolute folder where its relative paths start. */
  readonly folder: string;
}

/** Prepares the build of one domain. `from` is the folder that a workspace is looked for in, upward. */
export async function prepareDomainBuild(
  domain: string,
  options: NamedBuildOptions,
  from: string,
): Promise<PreparedBuild> {
  return prepare(domain, options, from, (mapping, recipeOptions) =>
    recipeForDomain(mapping, domain, recipeOptions),
  );
}

/** Prepares the build of all domains in one parent. */
export async function prepareUniversalBuild(
  options: NamedBuildOptions,
  from: string,
): Promise<PreparedBuild> {
  return prepare(universalName, options, from, (mapping, recipeOptions) =>
    recipeForUniversal(mapping, { ...recipeOptions, emotion: options.emotion }),
  );
}

/** Prepares the build of a recipe file. `givenAs` is its path as the user typed it, for messages. */
export async function prepareRecipeBuild(path: string, givenAs = path): Promise<PreparedBuild> {
  const absolute = resolve(path);
  const bytes = await readFile(absolute).catch((error: unknown) => {
    throw toIoError(error, givenAs);
  });
  return {
    document: decodeRecipe(bytes, givenAs),
    title: basename(absolute),
    recipePath: absolute,
    folder: dirname(absolute),
  };
}

/** The workspace that a command works in. */
export async function chooseWorkspace(from: string, given?: string): Promise<Workspace> {
  if (given !== undefined) return openWorkspace(given);
  return (await findWorkspace(from)) ?? ensureSeedlingWorkspace();
}

async function prepare(
  name: string,
  options: NamedBuildOptions,
  from: string,
  makeRecipe: (
    mapping: ModelMapping,
    options: DomainRecipeOptions,
  ) => ReturnType<typeof recipeForDomain>,
): Promise<PreparedBuild> {
  const workspace = await chooseWorkspace(from, options.workspace);
  const mapping = await readWorkspaceMapping(workspace);
  const recipe = makeRecipe(mapping, {
    levels: options.levels,
    useCase: options.useCase,
    contextWindow: options.contextWindow,
    form: options.merged === true ? 'merged' : 'bundled',
    imatrix: options.imatrix && inWorkspace(workspace, options.imatrix),
    allowRequantize: options.allowRequantize,
    ...placeOf(workspace, name, options),
  });
  const title = name === universalName ? name : `domain ${name}`;
  const document = newRecipeDocument(recipe, `build ${title}`);
  return { document, title, folder: workspace.folder };
}

/** Throws `io/not-found` without a mapping, `recipe/invalid` for a wrong one. */
export async function readWorkspaceMapping(workspace: Workspace): Promise<ModelMapping> {
  return parseModelMapping(await readMapping(workspace), workspace.mappingPath);
}

async function readMapping(workspace: Workspace): Promise<string> {
  return readFile(workspace.mappingPath, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw toIoError(error, workspace.mappingPath);
    }
    throw new StudioError(
      'io/not-found',
      `The workspace ${workspace.folder} has no model mapping (${workspace.mappingPath}).`,
      {
        hint: 'Copy configs/model_mapping.json there and name your bases and adapters, or build a recipe file.',
        cause: error,
      },
    );
  });
}

/** Bundled and merged parents have the same file names, so each form has a folder of its own. */
function placeOf(
  workspace: Workspace,
  name: string,
  { outputPath, merged }: NamedBuildOptions,
): { folder: string; fileName?: string } {
  if (outputPath === undefined) {
    const folder = join(workspace.outputFolder, merged === true ? `${name}-merged` : name);
    return { folder: inWorkspace(workspace, folder) };
  }
  if (!/\.gguf$/i.test(outputPath)) return { folder: inWorkspace(workspace, outputPath) };
  return { folder: inWorkspace(workspace, dirname(outputPath)), fileName: basename(outputPath) };
}

/** Relative to the workspace where it lies inside, so that the recipe can move with it. */
function inWorkspace(workspace: Workspace, path: string): string {
  const place = pathInside(workspace.folder, path);
  return place === '' ? '.' : (place ?? path);
}
