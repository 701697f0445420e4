// The recipes of a workspace: found by their names in its upper folders, counted, and told what is wrong with broken ones.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RecipeSummary } from '#src/contract/studio/recipes.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { findFiles } from '#src/io/find-files.ts';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { readRecipeText } from './recipe-texts.ts';
import type { StudioFiles } from './studio-files.ts';

/** Recipes lie in the workspace, `recipes` or a project's folder; models' folders are not worth looking through. */
const depth = 2;
const maximumRecipes = 2000;
const maximumEntries = 20_000;
/** A larger one is listed without its number of nodes. */
const countedBytes = 1 << 20;

/** Newest first. */
export async function listRecipes(
  files: StudioFiles,
  folder: string,
  signal: AbortSignal,
): Promise<RecipeSummary[]> {
  const paths = await findFiles(folder, {
    isWanted: (name) => /\.recipe\.json$/i.test(name),
    levels: depth,
    maximumFiles: maximumRecipes,
    maximumEntries,
    links: true,
    signal,
  });
  const summaries: RecipeSummary[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    if (!(await files.allows(path).catch(() => false))) continue;
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) continue;
    const about = await countNodes(path, status.size);
    summaries.push({ file: files.reference(path), modified: status.mtimeMs, ...about });
  }
  return summaries.sort((a, b) => b.modified - a.modified);
}

async function countNodes(
  path: string,
  bytes: number,
): Promise<Pick<RecipeSummary, 'nodes' | 'problem'>> {
  if (bytes > countedBytes) return { nodes: 0 };
  try {
    const { text } = await readRecipeText(path);
    const { value } = parseJsonText(text, basename(path), 'recipe/invalid');
    const nodes =
      typeof value === 'object' && value !== null && 'nodes' in value ? value.nodes : undefined;
    if (Array.isArray(nodes)) return { nodes: nodes.length };
    return { nodes: 0, problem: 'It has no "nodes".' };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return { nodes: 0, problem: error.message };
  }
}
