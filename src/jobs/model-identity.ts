// What an unquantized model of a recipe is, by the content of its sources: part of the keys of what is measured or collected
// with it.
import { mergeOptions } from '#src/recipe/output-recipe.ts';
import type { PlannedModel } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';

/** The content hash of a source by its node's id. */
export type HashOf = (id: string) => string;

/** JSON; equal for models of equal weights, whatever their files are called. `alsoOn` is switched on at run time. */
export function modelIdentity(
  { base, merge }: PlannedModel,
  hashOf: HashOf,
  alsoOn: readonly NodeOf<'adapter'>[] = [],
): object {
  const adapters = (nodes: readonly NodeOf<'adapter'>[]) =>
    nodes.map(({ id, scale }) => ({ sha256: hashOf(id), scale }));
  return {
    base: hashOf(base.id),
    ...(base.preTokenizer === undefined ? {} : { preTokenizer: base.preTokenizer }),
    ...(merge === undefined
      ? {}
      : {
          merge: {
            method: merge.node.method,
            ...mergeOptions(merge.node.method, merge.node.density, merge.node.seed),
            adapters: adapters(merge.adapters),
          },
        }),
    ...(alsoOn.length === 0 ? {} : { adapters: adapters(alsoOn) }),
  };
}
