// The recipe that a bundled parent carries, for the same parent with other adapters: what `build` would have written, so
// that a parent that lost an adapter is byte for byte the one that was built without it.
import { StudioError } from '#src/errors/studio-error.ts';
import type { GgufHeader } from '#src/formats/gguf/types.ts';
import { canonicalJson, portablePath } from '#src/recipe/canonical-recipe.ts';
import { mergedAdaptersOf, type MergedAdapter } from '#src/recipe/output-recipe.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import { recipeSchema, type NodeOf, type Recipe } from '#src/recipe/recipe-schema.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';

/** An adapter as the recipe names it. */
export interface AdapterSource {
  readonly path: string;
  /** Content hash of the source: of the PEFT folder or of the GGUF. */
  readonly sha256: string;
  readonly name: string;
  readonly domain: string;
  readonly scale: number;
}

/** The recipe in a file, or undefined when there is none that can be read. */
export function recipeOfHeader(
  header: Pick<GgufHeader, 'metadata'>,
  label: string,
): Recipe | undefined {
  const provenance = readProvenance(header.metadata);
  if (provenance === undefined) return undefined;
  try {
    return parseRecipe(provenance.recipe, `${label} (studio.recipe)`).recipe;
  } catch (error) {
    if (error instanceof StudioError) return undefined;
    throw error;
  }
}

/** Adapters that are in the weights, by the file's own history. */
export function mergedInto(recipe: Recipe | undefined): MergedAdapter[] {
  return recipe === undefined ? [] : mergedAdaptersOf(recipe);
}

/** The adapters that a recipe bundles, in order. */
export function bundledNodes(recipe: Recipe): NodeOf<'adapter'>[] {
  const packages = new Set(
    recipe.nodes.filter(({ kind }) => kind === 'package').map(({ id }) => id),
  );
  const byId = new Map(recipe.nodes.map((node) => [node.id, node]));
  return recipe.edges.flatMap(({ from, to }) => {
    const node = byId.get(from);
    return packages.has(to) && node?.kind === 'adapter' ? [node] : [];
  });
}

/**
 * Canonical text of the recipe with these of its adapters (by position) and new ones behind them. Without any adapter
 * the package step goes, too: what is left makes the plain base.
 */
export function recipeWithAdapters(
  recipe: Recipe,
  kept: readonly number[],
  added: readonly AdapterSource[],
): string {
  const bundled = bundledNodes(recipe);
  const ids = new Set(bundled.map(({ id }) => id));
  const packageNode = recipe.nodes.find((node) => node.kind === 'package');
  const packageDomain = packageNode?.domain;
  const adapters = [
    ...kept.flatMap((index) => bundled[index] ?? []),
    ...added.map((source) => ({
      kind: 'adapter' as const,
      path: portablePath(source.path),
      sha256: source.sha256,
      scale: source.scale,
      ...(source.domain === packageDomain ? {} : { domain: source.domain }),
      subdomain: source.name,
    })),
  ].map((node, index) => ({ ...node, id: `adapter-${index + 1}` }));
  const isPlain = adapters.length === 0;
  const isGone = (id: string) => ids.has(id) || (isPlain && id === packageNode?.id);
  const next = recipeSchema.parse({
    version: recipe.version,
    nodes: [...recipe.nodes.filter(({ id }) => !isGone(id)), ...adapters],
    edges: [
      ...recipe.edges.filter(({ from, to }) => !isGone(from) && !isGone(to)),
      ...adapters.map(({ id }) => ({ from: id, to: packageNode?.id ?? '' })),
    ],
  });
  return canonicalJson(next);
}
