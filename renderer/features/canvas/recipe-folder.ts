// Where a recipe's relative paths start, and how a path is written so that it is found from there. A saved recipe's paths
// start in its own folder; a new one's in the workspace's, where it will be saved.
import type { FileReference } from '#src/contract/studio/files.ts';
import type { JsonSplice } from '#src/recipe/json-splices.ts';
import { spliceRecipe, type RecipeFragment } from '#src/recipe/edit-nodes.ts';
import type { RecipeDocument } from '#src/recipe/recipe-file.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { activeDocument } from './canvas-store.ts';

type Place = Pick<CanvasDocument, 'file'>;

/** The path of a file as the recipe in front has to write it. */
export function writtenPath(file: FileReference): string {
  return pathInRecipe(file, activeDocument(), workspaceFolder());
}

/** Relative with forward slashes inside the recipe's own folder, else absolute. Pure. */
export function pathInRecipe(
  { path, recipePath }: FileReference,
  document: Place | undefined,
  workspace: string | undefined,
): string {
  const folder = folderOf(document, workspace);
  if (folder === undefined || folder === workspace) return recipePath;
  if (path === folder) return '.';
  const start = /[/\\]$/.test(folder) ? folder : folder + separatorOf(folder);
  return path.startsWith(start) ? path.slice(start.length).replaceAll('\\', '/') : path;
}

/** The folder that a recipe's paths start in. */
export function folderOf(
  document: Place | undefined,
  workspace: string | undefined,
): string | undefined {
  const path = document?.file?.path;
  return path === undefined ? workspace : parentOf(path);
}

export function workspaceFolder(): string | undefined {
  return useStudio.getState().state?.workspace.folder.path;
}

/** The recipe with its relative paths made absolute, for when it moves out of `folder`. */
export function withAbsolutePaths(document: RecipeDocument, folder: string): RecipeDocument {
  const splices = document.recipe.nodes.flatMap((node, index) =>
    Object.entries(absolutePaths(node, folder)).map(([property, value]): JsonSplice => ({
      splice: 'set',
      path: ['nodes', index],
      property,
      value,
    })),
  );
  return spliceRecipe(document, splices);
}

/** Copied nodes with their relative paths made absolute. */
export function fragmentWithAbsolutePaths(
  fragment: RecipeFragment,
  folder: string,
): RecipeFragment {
  return {
    edges: fragment.edges,
    nodes: fragment.nodes.map((node) => ({ ...node, ...absolutePaths(node, folder) })),
  };
}

/** The fields that hold relative paths, with these made absolute; fields without any are left out. */
function absolutePaths(node: object, folder: string): Record<string, unknown> {
  const fields = node as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    ['path', 'folder', 'texts', 'routing', 'companions'].flatMap((property) => {
      const given = fields[property];
      const moved = withPathsMoved(given, folder);
      return JSON.stringify(moved) === JSON.stringify(given) ? [] : [[property, moved]];
    }),
  );
}

/** A path, a list of them, or companions that hold one each. */
function withPathsMoved(given: unknown, folder: string): unknown {
  if (typeof given === 'string') return isAbsolute(given) ? given : joined(folder, given);
  if (Array.isArray(given)) return given.map((one: unknown) => withPathsMoved(one, folder));
  if (typeof given === 'object' && given !== null && 'path' in given) {
    return { ...given, path: withPathsMoved(given.path, folder) };
  }
  return given;
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

function separatorOf(folder: string): string {
  return folder.startsWith('/') ? '/' : '\\';
}

function parentOf(path: string): string {
  const last = path.startsWith('/')
    ? path.lastIndexOf('/')
    : Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'));
  // The root itself keeps its separator.
  return last <= 0 || path[last - 1] === ':' ? path.slice(0, last + 1) : path.slice(0, last);
}

/** `given` (which may climb with `..`) from `folder`. */
function joined(folder: string, given: string): string {
  let place = folder;
  for (const part of given.split(folder.startsWith('/') ? '/' : /[/\\]/)) {
    if (part === '' || part === '.') continue;
    if (part === '..') place = parentOf(place);
    else place = `${/[/\\]$/.test(place) ? place : place + separatorOf(folder)}${part}`;
  }
  return place;
}
