// Checks a recipe's wiring: every wire fits, every input that must be there is there, and every line ends in a file.
// Gives all problems at once, because a canvas marks them all.
import { inputPortFor, nodePorts, whyNot } from './node-ports.ts';
import { wrongNode } from './node-rules.ts';
import { indexRecipe, inputsOf, type RecipeGraph } from './recipe-graph.ts';
import { recipeError as error, type RecipeProblem } from './recipe-problem.ts';
import type { Recipe, RecipeEdge } from './recipe-schema.ts';
import { suggestion } from './schema-problems.ts';

/** Beyond this many, more messages help nobody and only cost time. */
const maximumWrongEdges = 100;

/** All problems of a recipe's wiring, errors first; empty when it can be built. */
export function validateRecipe(recipe: Recipe): RecipeProblem[] {
  const graph = indexRecipe(recipe);
  const problems = [
    ...duplicateIds(recipe),
    ...wrongEdges(graph),
    ...wrongInputCounts(graph),
    ...recipe.nodes.flatMap((node, index) => wrongNode(graph, node, ['nodes', index])),
    ...nothingWritten(recipe),
    ...unusedNodes(recipe),
  ];
  return problems.sort((left, right) => rank(left) - rank(right));
}

function rank(problem: RecipeProblem): number {
  return problem.severity === 'error' ? 0 : 1;
}

function duplicateIds(recipe: Recipe): RecipeProblem[] {
  const seen = new Set<string>();
  return recipe.nodes.flatMap((node, index) => {
    if (!seen.has(node.id)) {
      seen.add(node.id);
      return [];
    }
    return [
      error(
        ['nodes', index, 'id'],
        `two nodes have the id "${node.id}".`,
        'Give each node its own id.',
      ),
    ];
  });
}

function wrongEdges(graph: RecipeGraph): RecipeProblem[] {
  const seen = new Set<string>();
  const problems: RecipeProblem[] = [];
  for (const [index, edge] of graph.recipe.edges.entries()) {
    const problem = wrongEdge(graph, edge, index, seen);
    if (problem !== undefined) problems.push(problem);
    if (problems.length >= maximumWrongEdges) break;
  }
  return problems;
}

function wrongEdge(
  { byId }: RecipeGraph,
  edge: RecipeEdge,
  index: number,
  seen: Set<string>,
): RecipeProblem | undefined {
  const from = byId.get(edge.from);
  const to = byId.get(edge.to);
  if (from === undefined || to === undefined) {
    const [end = ''] = Object.entries({ from, to }).find(([, node]) => node === undefined) ?? [];
    const id = from === undefined ? edge.from : edge.to;
    return error(
      ['edges', index, end],
      `no node has the id "${id}".`,
      suggestion(id, [...byId.keys()].slice(0, 20)),
    );
  }
  const key = `${edge.from} ${edge.to}`;
  if (seen.has(key)) {
    return error(
      ['edges', index],
      `"${from.id}" is wired to "${to.id}" twice.`,
      'Remove one of the wires.',
    );
  }
  seen.add(key);
  if (inputPortFor(from.kind, to.kind) !== undefined) return undefined;
  return error(
    ['edges', index],
    `"${from.id}" (${from.kind}) cannot be wired to "${to.id}" (${to.kind}).`,
    whyNot(from.kind, to.kind),
  );
}

function wrongInputCounts(graph: RecipeGraph): RecipeProblem[] {
  return graph.recipe.nodes.flatMap((node, index) =>
    nodePorts[node.kind].inputs.flatMap((port) => {
      const count = inputsOf(graph, node, port.name).length;
      if (count >= port.minimum && count <= port.maximum) return [];
      return [
        error(
          ['nodes', index],
          `"${node.id}" (${node.kind}) has ${count} wires at its ${port.name} input; it needs ${port.needs}.`,
          count < port.minimum
            ? 'Wire it, or remove the node.'
            : 'Remove the wires that are too many.',
        ),
      ];
    }),
  );
}

function nothingWritten(recipe: Recipe): RecipeProblem[] {
  if (recipe.nodes.some((node) => node.kind === 'quantize' || node.kind === 'package')) return [];
  return [
    error(
      ['nodes'],
      'nothing would be written: the recipe has no quantize step.',
      'Wire a base to a quantize step; level F16 or BF16 only converts.',
    ),
  ];
}

function unusedNodes(recipe: Recipe): RecipeProblem[] {
  const used = new Set(recipe.edges.map((edge) => edge.from));
  return recipe.nodes.flatMap((node, index) =>
    used.has(node.id) || ['quantize', 'package', 'family', 'evaluate'].includes(node.kind)
      ? []
      : [
          {
            severity: 'warning' as const,
            path: ['nodes', index],
            message: `"${node.id}" (${node.kind}) is not wired to anything and is ignored.`,
          },
        ],
  );
}
