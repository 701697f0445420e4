// What of a recipe can be planned while other parts of it are wrong: a canvas shows sizes before everything is wired. Each
// fault is put on its node; what lies behind it is left out, and the rest is planned as the whole would be.
import { z } from 'zod';
import { parseJsonText } from './json-text.ts';
import { migrateRecipe } from './migrations.ts';
import { planEvaluation } from './plan-evaluation.ts';
import { planPass, type PlannedOutput, type PlannedPass, type RecipePlan } from './plan.ts';
import { indexRecipe, inputsOfKind, nodesOfKind } from './recipe-graph.ts';
import {
  recipeEdgeSchema,
  recipeNodeSchema,
  recipeSchema,
  recipeVersion,
  type Recipe,
  type RecipeEdge,
  type RecipeNode,
} from './recipe-schema.ts';
import type { RecipeProblem } from './recipe-problem.ts';
import { parseWithSchema, problemsOf } from './schema-problems.ts';
import { validateRecipe } from './validate.ts';

export interface SoundPart {
  /** Nodes that are well-formed, and the edges between them. */
  readonly recipe: Recipe;
  /** Ids of all nodes in the recipe's order, also of malformed ones. */
  readonly ids: readonly string[];
  /** Faults by node id; the first of each node. */
  readonly problems: ReadonlyMap<string, Pick<RecipeProblem, 'message' | 'hint'>>;
  readonly edges: readonly RecipeEdge[];
  /** Without everything that has a fault before it. */
  readonly plan: RecipePlan;
}

/** Lists may be longer than a recipe's, whose own schema then names the limit. */
const envelopeSchema = z.object({ nodes: z.array(z.unknown()), edges: z.array(z.unknown()) });

/** Plans what is sound. Throws `recipe/invalid` for what is no recipe at all: not JSON, another version, no lists. */
export function planSoundPart(text: string, label: string): SoundPart {
  const json = migrateRecipe(parseJsonText(text, label, 'recipe/invalid'));
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) {
    parseWithSchema(recipeSchema, json, 'recipe/invalid');
  }
  const { nodes: rawNodes, edges: rawEdges } = envelope.data ?? { nodes: [], edges: [] };
  // The limits of the whole hold for its parts.
  const limits = recipeSchema.pick({ nodes: true, edges: true });
  if (rawNodes.length > maximum.nodes || rawEdges.length > maximum.edges)
    parseWithSchema(limits, json, 'recipe/invalid');

  const problems = new Map<string, Pick<RecipeProblem, 'message' | 'hint'>>();
  const ids: string[] = [];
  const nodes: RecipeNode[] = [];
  const kinds = new Map<string, unknown>();
  for (const [index, raw] of rawNodes.entries()) {
    const { id: ownId, kind } = nameOf(raw);
    const id = ownId ?? `nodes[${index}]`;
    ids.push(id);
    kinds.set(id, kind);
    const parsed = recipeNodeSchema.safeParse(raw);
    if (parsed.success) nodes.push(parsed.data);
    else note(problems, id, problemsOf(parsed.error.issues, raw)[0]);
  }
  const edges = rawEdges.flatMap((raw) => recipeEdgeSchema.safeParse(raw).data ?? []);
  const malformed = new Set(problems.keys());
  const behindMalformed = withDownstream(edges, malformed);
  const recipe: Recipe = {
    version: recipeVersion,
    nodes,
    edges: edges.filter(({ from, to }) => !malformed.has(from) && !malformed.has(to)),
  };
  const warnings: string[] = [];
  for (const problem of validateRecipe(recipe)) {
    if (problem.severity === 'warning') warnings.push(problem.message);
    const id = nodeOfProblem(recipe, problem);
    // Behind a malformed node, wires seem to be missing that are there.
    if (problem.severity === 'error' && id !== undefined && !behindMalformed.has(id))
      note(problems, id, problem);
  }
  const graph = indexRecipe(recipe);
  const passes = nodesOfKind(recipe, 'quantize').flatMap((node): PlannedPass[] => {
    if (problems.has(node.id) || behindMalformed.has(node.id)) return [];
    if (inputsOfKind(graph, node, 'model', 'base').length + inputsOfKind(graph, node, 'model', 'merge').length !== 1) return []; // prettier-ignore
    const merge = inputsOfKind(graph, node, 'model', 'merge')[0];
    if (merge !== undefined && (problems.has(merge.id) || inputsOfKind(graph, merge, 'base', 'base').length !== 1)) return []; // prettier-ignore
    const pass = planPass(graph, node);
    // Files of its own only when nothing packs its levels, be that ever so malformed.
    const isPacked = edges.some((edge) => edge.from === node.id && kinds.get(edge.to) === 'package'); // prettier-ignore
    const outputs = pass.outputs.filter((output) => output.package !== undefined || !isPacked);
    return [{ ...pass, outputs }];
  });
  const families = nodesOfKind(recipe, 'family').map((node) => ({
    node,
    packages: inputsOfKind(graph, node, 'parents', 'package'),
  }));
  noteConflicts(passes, problems);
  const evaluations = nodesOfKind(recipe, 'evaluate').map((node) =>
    planEvaluation(graph, node, passes),
  );
  const whole = { passes, families, evaluations, warnings };
  const plan = withoutNodes(whole, withDownstream(edges, new Set(problems.keys())));
  return { recipe, ids, problems, edges, plan };
}

const maximum = { nodes: 2_000, edges: 20_000 };

/** The nodes and everything that hangs on them. */
export function withDownstream(
  edges: readonly RecipeEdge[],
  ids: ReadonlySet<string>,
): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  const found = new Set(ids);
  const waiting = [...ids];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const to of next.get(id) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      waiting.push(to);
    }
  }
  return found;
}

/** The plan without what these nodes would make (give `withDownstream`). */
export function withoutNodes(plan: RecipePlan, ids: ReadonlySet<string>): RecipePlan {
  const isWithout = (pass: PlannedPass, output: PlannedOutput) =>
    ids.has(pass.quantize.id) || ids.has(output.package?.id ?? '');
  return {
    ...plan,
    passes: plan.passes.flatMap((pass) => {
      const outputs = pass.outputs.filter((output) => !isWithout(pass, output));
      return outputs.length === 0 ? [] : [{ ...pass, outputs }];
    }),
    evaluations: plan.evaluations
      .filter(({ node }) => !ids.has(node.id))
      .map(({ node, subjects }) => ({
        node,
        subjects: subjects.filter(({ pass, output }) => !isWithout(pass, output)),
      })),
    families: plan.families.filter(({ node }) => !ids.has(node.id)),
  };
}

function nameOf(raw: unknown): { id?: string; kind?: unknown } {
  if (typeof raw !== 'object' || raw === null) return {};
  const { id, kind } = raw as { id?: unknown; kind?: unknown };
  return { ...(typeof id === 'string' ? { id } : {}), kind };
}

function nodeOfProblem(recipe: Recipe, { path }: RecipeProblem): string | undefined {
  const [list, index] = path;
  if (typeof index !== 'number') return undefined;
  if (list === 'nodes') return recipe.nodes[index]?.id;
  const edge = recipe.edges[index];
  if (edge === undefined) return undefined;
  return recipe.nodes.some(({ id }) => id === edge.to) ? edge.to : edge.from;
}

function note(
  problems: Map<string, Pick<RecipeProblem, 'message' | 'hint'>>,
  id: string,
  problem: RecipeProblem | undefined,
): void {
  if (problem === undefined || problems.has(id)) return;
  const { message, hint } = problem;
  problems.set(id, {
    message: message.charAt(0).toUpperCase() + message.slice(1),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Of two steps that would write the same file, the later is at fault. */
function noteConflicts(
  passes: readonly PlannedPass[],
  problems: Map<string, Pick<RecipeProblem, 'message' | 'hint'>>,
): void {
  const seen = new Map<string, string>();
  const ownerOf = (pass: PlannedPass, output: PlannedOutput) =>
    output.package?.id ?? pass.quantize.id;
  for (const pass of passes) {
    for (const output of pass.outputs) {
      const owner = ownerOf(pass, output);
      const key = `${output.folder}/${output.fileName}`.toLowerCase();
      const other = seen.get(key);
      seen.set(key, other ?? owner);
      if (other === undefined || problems.has(owner)) continue;
      problems.set(owner, {
        message: `"${other}" and "${owner}" would both write "${output.fileName}" in "${output.folder}".`,
        hint: 'Give one of them another folder, domain or file name.',
      });
    }
  }
}
