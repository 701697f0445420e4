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
    nodes.push(imatrixOf(pass.imatrix, hashOf));
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

/** Of a collected matrix also how it was made: `sha256` is its own hash, `textsSha256` that of what it was read on. */
function imatrixOf(node: NodeOf<'imatrix'>, hashOf: SourceHash): RecipeInput['nodes'][number] {
  const common = { id: 'imatrix', kind: 'imatrix', sha256: hashOf(node.id) } as const;
  if (node.texts === undefined) return { ...common, path: portablePath(node.path ?? '') };
  const { contextSize, chunks, processOutput, parseSpecial } = collectOptions(node);
  return {
    ...common,
    texts: node.texts.map(portablePath),
    textsSha256: hashOf(textsId(node.id)),
    contextSize,
    ...(chunks === undefined ? {} : { chunks }),
    processOutput,
    parseSpecial,
  };
}

/** Options of collecting as they count: defaults are written out, so that a later change of a default changes nothing old. */
export function collectOptions({
  contextSize = 512,
  chunks,
  processOutput = false,
  parseSpecial = false,
}: NodeOf<'imatrix'>) {
  return { contextSize, chunks, processOutput, parseSpecial };
}

/** Under which name a hash is asked for the calibration texts of a node. No id of a recipe holds a colon. */
export function textsId(imatrix: string): string {
  return `${imatrix}:texts`;
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
