// A recipe indexed once: nodes by id, and who is wired to which input. Validation and planning ask it per node, which
// over the plain edge list would cost quadratic time in a large recipe.
import { inputPortFor } from './node-ports.ts';
import type { NodeKind, NodeOf, Recipe, RecipeNode } from './recipe-schema.ts';

export interface RecipeGraph {
  readonly recipe: Recipe;
  readonly byId: ReadonlyMap<string, RecipeNode>;
  /** `<node id> <port name>` -> nodes wired there, in edge order. Ids hold no spaces. */
  readonly inputs: ReadonlyMap<string, readonly RecipeNode[]>;
}

/** Indexes a recipe; wires that do not fit are left out. Of nodes with the same id, the first counts. */
export function indexRecipe(recipe: Recipe): RecipeGraph {
  const byId = new Map<string, RecipeNode>();
  for (const node of recipe.nodes) if (!byId.has(node.id)) byId.set(node.id, node);
  const inputs = new Map<string, RecipeNode[]>();
  for (const edge of recipe.edges) {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    if (from === undefined || to === undefined) continue;
    const port = inputPortFor(from.kind, to.kind);
    if (port === undefined) continue;
    const key = `${edge.to} ${port.name}`;
    const nodes = inputs.get(key);
    if (nodes === undefined) inputs.set(key, [from]);
    else nodes.push(from);
  }
  return { recipe, byId, inputs };
}

/** Nodes wired to an input, in edge order. */
export function inputsOf(
  graph: RecipeGraph,
  to: RecipeNode,
  portName: string,
): readonly RecipeNode[] {
  return graph.inputs.get(`${to.id} ${portName}`) ?? [];
}

/** The same, of one kind only. */
export function inputsOfKind<Kind extends NodeKind>(
  graph: RecipeGraph,
  to: RecipeNode,
  portName: string,
  kind: Kind,
): NodeOf<Kind>[] {
  return inputsOf(graph, to, portName).filter((node): node is NodeOf<Kind> => node.kind === kind);
}

export function nodesOfKind<Kind extends NodeKind>(recipe: Recipe, kind: Kind): NodeOf<Kind>[] {
  return recipe.nodes.filter((node): node is NodeOf<Kind> => node.kind === kind);
}
