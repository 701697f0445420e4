// The recipe of one output file: only the steps that made it, with fixed ids and its sources pinned by hash. Written
// into the file as `studio.recipe`, it says where the file comes from, compares two files, and builds it again.
import { adapterName } from './node-names.ts';
import { portablePath } from './canonical-recipe.ts';
import type { PlannedOutput, PlannedPass } from './plan.ts';
import {
  recipeSchema,
  recipeVersion,
  type NodeOf,
  type Recipe,
  type RecipeInput,
} from './recipe-schema.ts';

/** The content hash of a source, by its node's id in the recipe that is built. */
export type SourceHash = (nodeId: string) => string;

/** An adapter that is in the weights of a base already, as the base's own provenance says. */
export interface MergedAdapter {
  readonly name: string;
  readonly sha256: string;
}

/**
 * The part of a recipe that one output hangs on. Node ids, output folders, screen data and router data do not take
 * part, because the file's bytes do not depend on them.
 */
export function outputRecipe(
  pass: PlannedPass,
  output: PlannedOutput,
  hashOf: SourceHash,
  history: readonly MergedAdapter[] = [],
): Recipe {
  const { base, merge } = pass.model;
  const nodes: RecipeInput['nodes'] = [
    {
      id: 'base',
      kind: 'base',
      path: portablePath(base.path),
      sha256: hashOf(base.id),
      ...(base.preTokenizer === undefined ? {} : { preTokenizer: base.preTokenizer }),
      ...(history.length === 0 ? {} : { mergedAdapters: [...history] }),
    },
  ];
  const edges: RecipeInput['edges'] = [];
  const addAdapters = (adapters: readonly NodeOf<'adapter'>[], prefix: string, to: string) => {
    adapters.forEach((adapter, index) => {
      const id = `${prefix}-${index + 1}`;
      nodes.push(adapterOf(adapter, id, hashOf));
      edges.push({ from: id, to });
    });
  };
  if (merge !== undefined) {
    const { method, density, seed } = merge.node;
    nodes.push({ id: 'merge', kind: 'merge', method, ...mergeOptions(method, density, seed) });
    edges.push({ from: 'base', to: 'merge' });
    addAdapters(merge.adapters, 'merged-adapter', 'merge');
  }
  nodes.push(quantizeOf(pass.quantize, output));
  edges.push({ from: merge === undefined ? 'base' : 'merge', to: 'quantize' });
  if (pass.imatrix !== undefined) {
    const { id, path } = pass.imatrix;
    nodes.push({ id: 'imatrix', kind: 'imatrix', path: portablePath(path), sha256: hashOf(id) });
    edges.push({ from: 'imatrix', to: 'quantize' });
  }
  if (output.package !== undefined) {
    const { form, domain, contextWindow, adapterType } = output.package;
    nodes.push({
      id: 'package',
      kind: 'package',
      form,
      domain,
      ...(contextWindow === undefined ? {} : { contextWindow }),
      adapterType,
    });
    edges.push({ from: 'quantize', to: 'package' });
    addAdapters(output.adapters, 'adapter', 'package');
  }
  return recipeSchema.parse({ version: recipeVersion, nodes, edges });
}

/** All adapters that are in the weights of a file with this recipe. */
export function mergedAdaptersOf(recipe: Recipe): MergedAdapter[] {
  const merges = new Set(
    recipe.nodes.filter((node) => node.kind === 'merge').map((node) => node.id),
  );
  const ids = new Set(recipe.edges.filter((edge) => merges.has(edge.to)).map((edge) => edge.from));
  return recipe.nodes.flatMap((node) => {
    if (node.kind === 'base') return node.mergedAdapters ?? [];
    if (node.kind !== 'adapter' || !ids.has(node.id) || node.sha256 === undefined) return [];
    return [{ name: adapterName(node), sha256: node.sha256 }];
  });
}

/** Density and seed as they count: defaults are written out, so that a later change of a default changes nothing old. */
export function mergeOptions(
  method: 'sum' | 'ties' | 'dare',
  density: number | undefined,
  seed: number | undefined,
): { density?: number; seed?: number } {
  if (method === 'sum') return {};
  return { density: density ?? 0.5, ...(method === 'dare' ? { seed: seed ?? 0 } : {}) };
}

function adapterOf(adapter: NodeOf<'adapter'>, id: string, hashOf: SourceHash) {
  return {
    id,
    kind: 'adapter' as const,
    path: portablePath(adapter.path),
    sha256: hashOf(adapter.id),
    scale: adapter.scale,
    ...(adapter.domain === undefined ? {} : { domain: adapter.domain }),
    subdomain: adapterName(adapter),
  };
}

function quantizeOf(quantize: NodeOf<'quantize'>, output: PlannedOutput): NodeOf<'quantize'> {
  const result: NodeOf<'quantize'> = {
    ...quantize,
    id: 'quantize',
    levels: [output.level],
    folder: '.',
  };
  delete result.label;
  delete result.position;
  delete result.fileName;
  return result;
}
