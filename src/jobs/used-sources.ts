// Which nodes a build reads from disk. Pure: where they lie and what they hold is recipe-sources.ts.
import type { PlannedPass } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';

export type SourceNode = NodeOf<'base'> | NodeOf<'adapter'> | NodeOf<'imatrix'>;

/** A matrix that the build collects itself. */
export type CollectedNode = NodeOf<'imatrix'> & { readonly texts: readonly string[] };

export function isCollected(node: SourceNode): node is CollectedNode {
  return node.kind === 'imatrix' && node.texts !== undefined;
}

/** Sources of passes, each once, in the order in which passes name them. */
export function usedSources(passes: readonly PlannedPass[]): SourceNode[] {
  const nodes = passes.flatMap(({ model, imatrix, outputs }): SourceNode[] => [
    model.base,
    ...(model.merge?.adapters ?? []),
    ...(imatrix === undefined ? [] : [imatrix]),
    ...outputs.flatMap(({ adapters }) => adapters),
  ]);
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}
