// Words of a node: kind, title, the facts that the recipe alone tells, and the sentence that a screen reader says.
import { adapterName, baseName, lastPathPart } from '#src/recipe/node-names.ts';
import type { PortType } from '#src/recipe/node-ports.ts';
import type { NodeKind, NodeOf, RecipeEdge, RecipeNode } from '#src/recipe/recipe-schema.ts';

/** What people call a kind. A family is shown by what it writes: the routes. */
export const kindNames: Readonly<Record<NodeKind, string>> = {
  base: 'Base',
  adapter: 'Adapter',
  imatrix: 'Imatrix',
  merge: 'Merge',
  quantize: 'Quantize',
  package: 'Package',
  family: 'Route',
  evaluate: 'Evaluate',
};

/** One line each, for the palette. */
export const kindSummaries: Readonly<Record<NodeKind, string>> = {
  base: 'A model to start from: a Hugging Face folder or a GGUF',
  adapter: 'A LoRA adapter: a PEFT folder or a GGUF',
  imatrix: 'An importance matrix that weighs rounding errors: a file, or collected from texts',
  merge: 'Adds adapters into the weights of their base',
  quantize: 'Writes one file per level, all in one pass',
  package: 'A finished parent: bundled or merged, with its window',
  family: 'Gathers parents and writes router.json',
  evaluate: 'Measures levels or parents against their unquantized model, with a gate if wanted',
};

export const portNames: Readonly<Record<PortType, string>> = {
  model: 'model',
  adapter: 'adapter',
  imatrix: 'importance matrix',
  levels: 'levels',
  parent: 'parent',
};

export function titleOf(node: RecipeNode): string {
  if (node.label !== undefined && node.label !== '') return node.label;
  switch (node.kind) {
    case 'base':
      return baseName(node).name;
    case 'adapter':
      return adapterName(node);
    case 'imatrix':
      return node.path === undefined
        ? 'collected matrix'
        : lastPathPart(node.path).replace(/\.(gguf|dat)$/i, '') || node.id;
    case 'merge':
      return node.id;
    case 'quantize':
      return node.levels.length === 1
        ? (node.levels[0] ?? '')
        : `${node.levels.length} levels, one pass`;
    case 'package':
      return `${node.domain} parent`;
    case 'family':
      return 'router.json';
    case 'evaluate':
      return node.suites.join(', ');
  }
}

export const methodNames = { sum: 'exact sum', ties: 'TIES', dare: 'DARE' } as const;

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What the recipe itself says, shown until the plan knows more. */
export function factsOf(node: RecipeNode): readonly Fact[] {
  switch (node.kind) {
    case 'base':
    case 'adapter':
      return [{ name: 'file', value: lastPathPart(node.path) || node.path }];
    case 'imatrix': {
      const { path, texts = [] } = node;
      if (path !== undefined) return [{ name: 'file', value: lastPathPart(path) || path }];
      return [{ name: 'texts', value: texts.map(lastPathPart).join(', ') || 'none yet' }];
    }
    case 'merge':
    case 'quantize':
      return [];
    case 'package':
      return [{ name: 'form', value: node.form }];
    case 'family':
      return [{ name: 'family', value: node.name }];
    case 'evaluate':
      return [{ name: 'suites', value: node.suites.join(', ') }, ...gateFacts(node)];
  }
}

/** The limits of an evaluate step, in one row. */
function gateFacts({ gate, gateSameTop }: NodeOf<'evaluate'>): Fact[] {
  const limits = [
    ...(gate === undefined ? [] : [`KLD ≤ ${gate}`]),
    ...(gateSameTop === undefined ? [] : [`same top ≥ ${(gateSameTop * 100).toFixed(1)} %`]),
  ];
  return limits.length === 0 ? [] : [{ name: 'gate', value: limits.join(', ') }];
}

/** The plan's facts in as few rows as a node has room for; the inspector shows all of them. */
export function compactFacts(kind: NodeKind, facts: readonly Fact[]): readonly Fact[] {
  const value = (name: string) => facts.find((fact) => fact.name === name)?.value;
  const [architecture, parameters, rank, size] = ['architecture', 'parameters', 'rank', 'size'].map(
    value,
  );
  if (kind === 'base' && architecture !== undefined && parameters !== undefined) {
    return facts.flatMap((fact) =>
      fact.name === 'parameters'
        ? []
        : fact.name === 'architecture'
          ? [{ name: 'architecture', value: `${architecture} · ${parameters}` }]
          : [fact],
    );
  }
  if (kind === 'adapter' && rank !== undefined && size !== undefined) {
    return [{ name: `rank ${rank}`, value: size }];
  }
  return facts.map(({ name, value }) => ({ name: shortNames[kind]?.[name] ?? name, value }));
}

/** Words that leave room for their values in a node's width. */
const shortNames: Partial<Record<NodeKind, Readonly<Record<string, string>>>> = {
  imatrix: { calibration: 'reads' },
  evaluate: { measures: 'on' },
};

/** `Adapter conditions, scale 1.00, wired to Package healthcare parent`. */
export function nodeSentence(
  node: RecipeNode,
  nodes: ReadonlyMap<string, RecipeNode>,
  edges: readonly RecipeEdge[],
  state: string,
): string {
  const targets = edges
    .filter((edge) => edge.from === node.id)
    .flatMap((edge) => nodes.get(edge.to) ?? []);
  const detail =
    node.kind === 'adapter'
      ? `, scale ${node.scale.toFixed(2)}`
      : node.kind === 'quantize'
        ? `, ${node.levels.join(', ')}`
        : node.kind === 'merge'
          ? `, ${methodNames[node.method]}`
          : '';
  const wired =
    targets.length === 0
      ? ''
      : `, wired to ${targets.map((target) => shortName(target)).join(' and ')}`;
  return `${shortName(node)}${detail}, ${state}${wired}`;
}

/** `Package healthcare parent`. */
export function shortName(node: RecipeNode): string {
  return `${kindNames[node.kind]} ${titleOf(node)}`;
}
