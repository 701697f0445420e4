// Rules that concern one node and what is wired to it: contradicting options, adapters that would count twice, names
// that would collide. Wires themselves are checked in validate.ts.
import { adapterName } from './node-names.ts';
import { inputsOf, inputsOfKind, type RecipeGraph } from './recipe-graph.ts';
import { recipeError as error, type RecipeProblem } from './recipe-problem.ts';
import type { NodeOf, RecipeNode } from './recipe-schema.ts';

type Path = (string | number)[];

/** Rules inside one node, or between a node and what is wired to it. */
export function wrongNode(graph: RecipeGraph, node: RecipeNode, path: Path): RecipeProblem[] {
  switch (node.kind) {
    case 'merge':
      return wrongMerge(graph, node, path);
    case 'quantize':
      return wrongQuantize(graph, node, path);
    case 'package':
      return wrongPackage(graph, node, path);
    case 'evaluate':
      return wrongEvaluate(graph, node, path);
    case 'imatrix':
      return wrongImatrix(graph, node, path);
    case 'base':
    case 'adapter':
    case 'family':
      return [];
  }
}

/** A matrix is read from a file, or collected; and what is collected fits the one model that it was collected from. */
function wrongImatrix(graph: RecipeGraph, node: NodeOf<'imatrix'>, path: Path) {
  if (node.path !== undefined && node.texts !== undefined) {
    return [
      error(
        [...path, 'texts'],
        `"${node.id}" names a matrix and texts to collect one from.`,
        'Remove path, or remove texts.',
      ),
    ];
  }
  if (node.path !== undefined) return unusedCollectOptions(node, path);
  if (node.texts === undefined) {
    return [
      error(
        path,
        `"${node.id}" (imatrix) names neither a matrix nor texts to collect one from.`,
        'Choose a file (path), or calibration texts (texts).',
      ),
    ];
  }
  const models = new Set(
    graph.recipe.edges
      .filter(({ from }) => from === node.id)
      .flatMap(({ to }) => graph.byId.get(to) ?? [])
      .flatMap((quantize) => inputsOf(graph, quantize, 'model'))
      .map(({ id }) => id),
  );
  if (models.size < 2) return [];
  const names = [...models].map((id) => `"${id}"`).join(' and ');
  return [
    error(
      path,
      `"${node.id}" is collected from one model, but the steps that take it quantize ${names}.`,
      'Give each model a matrix of its own.',
    ),
  ];
}

function unusedCollectOptions(node: NodeOf<'imatrix'>, path: Path) {
  const fields = ['contextSize', 'chunks', 'processOutput', 'parseSpecial', 'textsSha256'] as const;
  const unused = fields.find((field) => node[field] !== undefined);
  if (unused === undefined) return [];
  return [
    error(
      [...path, unused],
      `"${node.id}" reads its matrix from a file; ${unused} belongs to one that is collected.`,
      `Remove ${unused}, or give texts instead of path.`,
    ),
  ];
}

function wrongMerge(graph: RecipeGraph, node: NodeOf<'merge'>, path: Path) {
  const problems: RecipeProblem[] = [];
  if (node.density !== undefined && node.method === 'sum') {
    problems.push(
      error(
        [...path, 'density'],
        'an exact sum keeps every value; density belongs to ties and dare.',
        'Remove density, or choose "ties" or "dare".',
      ),
    );
  }
  if (node.seed !== undefined && node.method !== 'dare') {
    problems.push(
      error(
        [...path, 'seed'],
        `only dare draws at random; ${node.method} has no seed.`,
        'Remove seed, or choose "dare".',
      ),
    );
  }
  return [...problems, ...repeatedAdapters(graph, node, path)];
}

function wrongQuantize(graph: RecipeGraph, node: NodeOf<'quantize'>, path: Path) {
  const problems: RecipeProblem[] = [];
  const repeated = node.levels.find((level, index) => node.levels.indexOf(level) !== index);
  if (repeated !== undefined) {
    problems.push(
      error([...path, 'levels'], `the level ${repeated} is listed twice.`, 'Remove one of them.'),
    );
  }
  if (
    node.levels.includes('as-is') &&
    inputsOf(graph, node, 'model').some((model) => model.kind === 'merge')
  ) {
    problems.push(
      error(
        [...path, 'levels'],
        'as-is keeps tensors untouched, but a merge changes them.',
        'Choose a level, for example F16 or Q8_0.',
      ),
    );
  }
  if (node.levels.includes('as-is') && node.pruneLayers.length > 0) {
    problems.push(
      error(
        [...path, 'pruneLayers'],
        'as-is keeps every layer, but layers are to be pruned.',
        'Choose a level, or prune nothing.',
      ),
    );
  }
  return [...problems, ...ambiguousFileName(node, node.levels, path)];
}

function wrongPackage(graph: RecipeGraph, node: NodeOf<'package'>, path: Path) {
  const problems: RecipeProblem[] = [];
  const adapters = inputsOfKind(graph, node, 'adapters', 'adapter');
  const quantize = inputsOfKind(graph, node, 'levels', 'quantize')[0];
  const model = quantize && inputsOf(graph, quantize, 'model')[0];
  if (node.form === 'merged') {
    if (adapters.length > 0) {
      problems.push(
        error(
          [...path, 'form'],
          `"${node.id}" is a merged package, but adapters are wired to it.`,
          'Wire them to a merge step before quantizing, or choose the form "bundled".',
        ),
      );
    }
    if (model?.kind === 'base') {
      problems.push(
        error(
          [...path, 'form'],
          `"${node.id}" is a merged package, but nothing is merged before its quantize step.`,
          'Put a merge step between the base and the quantize step.',
        ),
      );
    }
  } else if (adapters.length === 0) {
    problems.push(
      error(
        [...path, 'form'],
        `"${node.id}" is a bundled package without adapters.`,
        'Wire the adapters that the file is to carry.',
      ),
    );
  }
  if (adapters.length > 0 && quantize !== undefined && quantize.pruneLayers.length > 0) {
    problems.push(
      error(
        path,
        `"${node.id}" bundles adapters, but "${quantize.id}" prunes layers: the adapters would meet other layers than they were trained on.`,
        'Bundle without pruning, or merge the adapters first.',
      ),
    );
  }
  const merged = model?.kind === 'merge' ? inputsOf(graph, model, 'adapters') : [];
  for (const adapter of adapters) {
    if (!merged.some((other) => other.kind === 'adapter' && other.path === adapter.path)) continue;
    problems.push(
      error(
        path,
        `"${adapter.id}" is already merged into the model that "${node.id}" packs; bundled on top it would count twice.`,
        'Wire it to the merge or to the package, not to both.',
      ),
    );
  }
  problems.push(...repeatedAdapters(graph, node, path));
  return quantize === undefined
    ? problems
    : [...problems, ...ambiguousFileName(node, quantize.levels, path)];
}

function wrongEvaluate(graph: RecipeGraph, node: NodeOf<'evaluate'>, path: Path) {
  const problems: RecipeProblem[] = [];
  const inputs = [...inputsOf(graph, node, 'levels'), ...inputsOf(graph, node, 'parents')];
  if (inputs.length === 0) {
    problems.push(
      error(
        path,
        `"${node.id}" (evaluate) has nothing to measure.`,
        'Wire a quantize step or a package to it, or remove the node.',
      ),
    );
  }
  const repeated = node.suites.find((suite, index) => node.suites.indexOf(suite) !== index);
  if (repeated !== undefined) {
    problems.push(
      error([...path, 'suites'], `the suite ${repeated} is listed twice.`, 'Remove one of them.'),
    );
  }
  return problems;
}

/** Two adapters of one name in one domain would be one route (`domain/subdomain`) twice. */
function repeatedAdapters(
  graph: RecipeGraph,
  node: NodeOf<'merge'> | NodeOf<'package'>,
  path: Path,
): RecipeProblem[] {
  const names = new Map<string, string>();
  const problems: RecipeProblem[] = [];
  for (const adapter of inputsOfKind(graph, node, 'adapters', 'adapter')) {
    const name = adapterName(adapter);
    const key = `${adapter.domain ?? ''}/${name}`;
    const other = names.get(key);
    if (other !== undefined) {
      problems.push(
        error(
          path,
          `"${other}" and "${adapter.id}" are both called "${name}" in "${node.id}".`,
          'Give one of them another subdomain.',
        ),
      );
    }
    names.set(key, adapter.id);
  }
  return problems;
}

function ambiguousFileName(
  node: { fileName?: string | undefined },
  levels: readonly string[],
  path: Path,
) {
  if (node.fileName === undefined || levels.length < 2 || node.fileName.includes('{level}'))
    return [];
  return [
    error(
      [...path, 'fileName'],
      `${levels.length} levels would all be written to "${node.fileName}".`,
      'Put {level} into the file name.',
    ),
  ];
}
