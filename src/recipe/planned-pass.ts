// One pass of a recipe's plan: which model streams into which files.
import type { NodeOf, RecipeLevel } from './recipe-schema.ts';

export interface PlannedModel {
  readonly base: NodeOf<'base'>;
  readonly merge:
    { readonly node: NodeOf<'merge'>; readonly adapters: readonly NodeOf<'adapter'>[] } | undefined;
}

/** One file that a pass writes. */
export interface PlannedOutput {
  readonly level: RecipeLevel;
  /** The package that asked for it, or undefined when the quantize step itself is the end of the line. */
  readonly package: NodeOf<'package'> | undefined;
  /** Adapters that ride in the file, in wire order; empty unless the package is bundled. */
  readonly adapters: readonly NodeOf<'adapter'>[];
  /** As the recipe says, relative to its folder. */
  readonly folder: string;
  readonly fileName: string;
}

/** One pass: a model is read once and all outputs are written from it. */
export interface PlannedPass {
  readonly quantize: NodeOf<'quantize'>;
  readonly model: PlannedModel;
  readonly imatrix: NodeOf<'imatrix'> | undefined;
  readonly outputs: readonly PlannedOutput[];
}
