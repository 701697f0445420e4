// A fault of a recipe as data: the canvas marks the node, the command line prints it with line and column.

export interface RecipeProblem {
  readonly severity: 'error' | 'warning';
  /** Path into the recipe: `['nodes', 2, 'levels', 0]`. */
  readonly path: readonly (string | number)[];
  /** What is wrong, with the value; a full sentence. */
  readonly message: string;
  /** What to do; a full sentence. */
  readonly hint?: string;
}

export function recipeError(
  path: RecipeProblem['path'],
  message: string,
  hint?: string,
): RecipeProblem {
  return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) };
}
