// What an evaluate step measures: the files of the levels and packages that are wired to it. Pure, part of a recipe's plan.
import type { PlannedOutput, PlannedPass } from './planned-pass.ts';
import type { NodeOf } from './recipe-schema.ts';
import { inputsOfKind, type RecipeGraph } from './recipe-graph.ts';

/** A file as it is measured. */
export interface PlannedSubject {
  readonly pass: PlannedPass;
  readonly output: PlannedOutput;
  /** The adapter of a bundle that is switched on; undefined for the file as it is. */
  readonly adapter: NodeOf<'adapter'> | undefined;
}

export interface PlannedEvaluation {
  readonly node: NodeOf<'evaluate'>;
  readonly subjects: readonly PlannedSubject[];
}

/**
 * A quantize step's levels are measured as they are, each once, in whichever file holds them; a bundled package with each of
 * its adapters; a merged one as it is. In wire order.
 */
export function planEvaluation(
  graph: RecipeGraph,
  node: NodeOf<'evaluate'>,
  passes: readonly PlannedPass[],
): PlannedEvaluation {
  const steps = inputsOfKind(graph, node, 'levels', 'quantize');
  const packages = inputsOfKind(graph, node, 'parents', 'package');
  const ofLevels = steps.flatMap(({ id }) => {
    const pass = passes.find(({ quantize }) => quantize.id === id);
    if (pass === undefined) return [];
    return pass.quantize.levels.flatMap((level): PlannedSubject[] => {
      const output = pass.outputs.find((one) => one.level === level);
      return output === undefined ? [] : [{ pass, output, adapter: undefined }];
    });
  });
  const ofPackages = packages.flatMap(({ id }) =>
    passes.flatMap((pass) =>
      pass.outputs
        .filter((output) => output.package?.id === id)
        .flatMap((output): PlannedSubject[] =>
          output.adapters.length === 0
            ? [{ pass, output, adapter: undefined }]
            : output.adapters.map((adapter) => ({ pass, output, adapter })),
        ),
    ),
  );
  // A merged package beside its own quantize step would be measured twice.
  const seen = new Set<string>();
  const subjects = [...ofLevels, ...ofPackages].filter(({ pass, output, adapter }) => {
    const key = `${pass.quantize.id} ${output.package?.id ?? ''} ${output.level} ${adapter?.id ?? ''}`;
    return !seen.has(key) && seen.add(key);
  });
  return { node, subjects };
}
