// What the canvas knows of the workspace besides the library itself: recipes, domains, and which adapters fit a base.
import { create } from 'zustand';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import type { RecipeSummary, WorkspaceDomains } from '#src/contract/studio/recipes.ts';
import type { Recipe } from '#src/recipe/recipe-schema.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { activeDocument, type SourceKind } from './canvas-store.ts';
import { folderOf, workspaceFolder } from './recipe-folder.ts';

export interface Fit {
  readonly fits: boolean;
  readonly reason: string | undefined;
}

interface CanvasLibrary {
  /** By adapter file, for `fitsBase`. */
  readonly fits: ReadonlyMap<string, Fit>;
  /** What the fits are for: a base, as recipes of one folder write it, and one state of the library. */
  readonly fitsBase: string | undefined;
  readonly recipes: readonly RecipeSummary[];
  readonly domains: WorkspaceDomains | undefined;
}

export const useCanvasLibrary = create<CanvasLibrary>(() => ({
  fits: new Map(),
  fitsBase: undefined,
  recipes: [],
  domains: undefined,
}));

export async function loadRecipes(): Promise<void> {
  try {
    useCanvasLibrary.setState({ recipes: await studio().call('listRecipes', {}) });
  } catch {
    // The list is a convenience; the picker opens any file all the same.
    useCanvasLibrary.setState({ recipes: [] });
  }
}

export async function loadDomains(): Promise<void> {
  try {
    useCanvasLibrary.setState({ domains: await studio().call('listDomains', {}) });
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'The domains cannot be read.';
    useCanvasLibrary.setState({ domains: { domains: [], useCases: [], problem } });
  }
}

export function entryFits(entry: LibraryEntry, kind: SourceKind): boolean {
  switch (kind) {
    case 'base':
      return entry.kind === 'base' || entry.kind === 'gguf';
    case 'adapter':
    case 'imatrix':
      return entry.kind === kind;
  }
}

/** The path of the base that an adapter is meant for: what its node is wired to, else the recipe's only base. */
export function baseFor(recipe: Recipe, node: string | undefined): string | undefined {
  const bases = recipe.nodes.filter((one) => one.kind === 'base');
  if (node === undefined) return bases[0]?.path;
  const byId = new Map(recipe.nodes.map((one) => [one.id, one]));
  const seen = new Set<string>();
  // Down from the node, then up again: whatever base meets it somewhere.
  const queue = [node, ...recipe.edges.filter(({ from }) => from === node).map(({ to }) => to)];
  while (queue.length > 0) {
    const id = queue.pop();
    if (id === undefined || seen.has(id)) continue;
    seen.add(id);
    const one = byId.get(id);
    if (one?.kind === 'base') return one.path;
    queue.push(...recipe.edges.filter(({ to }) => to === id).map(({ from }) => from));
  }
  return bases[0]?.path;
}

/** Asks which adapters of the library fit a base of the recipe in front; answers stand in the store. */
export async function checkFits(basePath: string): Promise<void> {
  const document = activeDocument();
  const file = document?.file;
  // The same path means another model in a recipe of another folder, and there may be other adapters by now.
  const folder = folderOf(document, workspaceFolder()) ?? '';
  const base = JSON.stringify([folder, basePath, useStudio.getState().libraryVersion]);
  if (useCanvasLibrary.getState().fitsBase === base) return;
  const isLatest = () => useCanvasLibrary.getState().fitsBase === base;
  useCanvasLibrary.setState({ fits: new Map(), fitsBase: base });
  try {
    const model = await studio().call('resolveRecipePath', {
      path: basePath,
      ...(file === undefined ? {} : { recipe: file.id }),
    });
    if (model === null) return;
    const fits = await studio().call('checkAdapters', { base: model.id });
    if (!isLatest()) return;
    useCanvasLibrary.setState({
      fits: new Map(fits.map(({ file: id, fits: does, reason }) => [id, { fits: does, reason }])),
    });
  } catch {
    // Without the check the adapters are listed without a word; the plan says it then.
    if (isLatest()) useCanvasLibrary.setState({ fitsBase: undefined });
  }
}
