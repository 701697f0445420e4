// The order of work: which source streams into which files. One quantize step is one pass over its source, however many
// levels and packages hang on it (design section 4). Pure: no file is touched here.
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { JsonText } from './json-text.ts';
import { outputFileName } from './node-names.ts';
import type { PlannedModel, PlannedPass } from './planned-pass.ts';
import type { NodeOf, Recipe, RecipeNode } from './recipe-schema.ts';
import { problemsError, show } from './schema-problems.ts';
import { planEvaluation, type PlannedEvaluation } from './plan-evaluation.ts';
import { validateRecipe } from './validate.ts';
import {
  indexRecipe,
  inputsOf,
  inputsOfKind,
  nodesOfKind,
  type RecipeGraph,
} from './recipe-graph.ts';

export type { PlannedModel, PlannedOutput, PlannedPass } from './planned-pass.ts';

export interface PlannedFamily {
  readonly node: NodeOf<'family'>;
  /** Packages in wire order. */
  readonly packages: readonly NodeOf<'package'>[];
}

export interface RecipePlan {
  readonly passes: readonly PlannedPass[];
  readonly families: readonly PlannedFamily[];
  readonly evaluations: readonly PlannedEvaluation[];
  /** Sentences on what is odd but no obstacle. */
  readonly warnings: readonly string[];
}

/**
 * Plans a recipe. Throws `recipe/invalid` for wrong wiring (with line and column when `json` is given) and
 * `build/conflict` when two outputs would have the same path.
 */
export function planRecipe(recipe: Recipe, label: string, json?: JsonText): RecipePlan {
  const problems = validateRecipe(recipe);
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw problemsError(errors, label, 'recipe/invalid', json);
  const graph = indexRecipe(recipe);
  const passes = nodesOfKind(recipe, 'quantize').map((node) => planPass(graph, node));
  checkConflicts(passes, label);
  const evaluations = nodesOfKind(recipe, 'evaluate');
  return {
    passes,
    families: nodesOfKind(recipe, 'family').map((node) => ({
      node,
      packages: inputsOfKind(graph, node, 'parents', 'package'),
    })),
    evaluations: evaluations.map((node) => planEvaluation(graph, node, passes)),
    warnings: problems.map((problem) => problem.message),
  };
}

/** The pass of a quantize step whose wiring is sound. */
export function planPass(graph: RecipeGraph, quantize: NodeOf<'quantize'>): PlannedPass {
  const [source] = inputsOf(graph, quantize, 'model');
  invariant(source !== undefined, 'a validated quantize step has a model');
  const model = planModel(graph, source);
  const takers = graph.recipe.edges
    .filter((edge) => edge.from === quantize.id)
    .flatMap((edge) => graph.byId.get(edge.to) ?? [])
    .filter((node) => node.kind === 'package');
  const outputs = (takers.length === 0 ? [undefined] : takers).flatMap((taker) =>
    quantize.levels.map((level) => ({
      level,
      package: taker,
      adapters: taker?.form === 'bundled' ? inputsOfKind(graph, taker, 'adapters', 'adapter') : [],
      folder: (taker ?? quantize).folder,
      fileName: outputFileName(
        model.base,
        taker?.domain ?? (model.merge === undefined ? undefined : 'merged'),
        level,
        (taker ?? quantize).fileName,
      ),
    })),
  );
  const [imatrix] = inputsOfKind(graph, quantize, 'imatrix', 'imatrix');
  return { quantize, model, imatrix, outputs };
}

function planModel(graph: RecipeGraph, source: RecipeNode): PlannedModel {
  if (source.kind === 'base') return { base: source, merge: undefined };
  invariant(source.kind === 'merge', 'a quantize step takes a base or a merge');
  const [base] = inputsOfKind(graph, source, 'base', 'base');
  invariant(base !== undefined, 'a validated merge has a base');
  return {
    base,
    merge: {
      node: source,
      adapters: inputsOfKind(graph, source, 'adapters', 'adapter'),
    },
  };
}

/** Same text means same file; two spellings of one path are caught again when the build resolves them. */
function checkConflicts(passes: readonly PlannedPass[], label: string): void {
  const seen = new Map<string, string>();
  for (const pass of passes) {
    for (const output of pass.outputs) {
      const owner = output.package?.id ?? pass.quantize.id;
      // Case-insensitive file systems would take two such names as one file.
      const key = `${output.folder}/${output.fileName}`.toLowerCase();
      const other = seen.get(key);
      if (other !== undefined) {
        throw new StudioError(
          'build/conflict',
          `${label}: "${other}" and "${owner}" would both write ${show(output.fileName)} in ${show(output.folder)}.`,
          { hint: 'Give one of them another folder, domain or fileName.' },
        );
      }
      seen.set(key, owner);
    }
  }
}
