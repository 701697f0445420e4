// Why two outputs differ: their provenance, compared field by field and said in sentences. Nothing is measured here;
// two files with the same provenance have the same bytes.
import type { Recipe, RecipeNode } from './recipe-schema.ts';

/** What a file says about its making (the `studio.*` metadata). */
export interface OutputProvenance {
  /** `studio.recipe`, parsed. */
  readonly recipe: Recipe;
  /** `studio.library`: the release of llama.cpp whose code encoded the tensors. */
  readonly library: string;
  /** `studio.context_window`, after clamping. */
  readonly contextWindow?: number | undefined;
}

export interface Difference {
  /** Which field: `quantize.levels`, `base.sha256`, `library`. */
  readonly field: string;
  readonly left: unknown;
  readonly right: unknown;
  /** For people: `The level is Q4_K_M in the first and Q8_0 in the second.` */
  readonly sentence: string;
}

/** All differences that could change bytes, in the order of the flow; empty when the two must be identical. */
export function explainDifference(left: OutputProvenance, right: OutputProvenance): Difference[] {
  const ids = new Set([...left.recipe.nodes, ...right.recipe.nodes].map(({ id }) => id));
  const ordered = [...ids].sort(
    (a, b) => placeInFlow(left, right, a) - placeInFlow(left, right, b),
  );
  return [
    ...ordered.flatMap((id) => nodeDifferences(id, nodeOf(left, id), nodeOf(right, id))),
    ...fieldDifference('library', left.library, right.library),
    ...fieldDifference('contextWindow', left.contextWindow, right.contextWindow),
  ];
}

function nodeOf({ recipe }: OutputProvenance, id: string): RecipeNode | undefined {
  return recipe.nodes.find((node) => node.id === id);
}

const flow: readonly RecipeNode['kind'][] = [
  'base', 'merge', 'adapter', 'imatrix', 'quantize', 'package', 'family', 'evaluate',
]; // prettier-ignore

function placeInFlow(left: OutputProvenance, right: OutputProvenance, id: string): number {
  const kind = (nodeOf(left, id) ?? nodeOf(right, id))?.kind;
  return kind === undefined ? flow.length : flow.indexOf(kind);
}

/** A step that only one side has is one difference; its fields are not listed again. */
function nodeDifferences(
  id: string,
  left: RecipeNode | undefined,
  right: RecipeNode | undefined,
): Difference[] {
  const present = left ?? right;
  if (present === undefined) return [];
  if (left === undefined || right === undefined) {
    const [side, other] = right === undefined ? ['first', 'second'] : ['second', 'first'];
    return [
      {
        field: id,
        left: left && nameOf(left),
        right: right && nameOf(right),
        sentence: `Only the ${side} has ${nameOf(present)}; the ${other} has none.`,
      },
    ];
  }
  return nodeFields[present.kind].flatMap((field) =>
    fieldDifference(
      `${id}.${field}`,
      (left as Record<string, unknown>)[field],
      (right as Record<string, unknown>)[field],
    ),
  );
}

function fieldDifference(field: string, left: unknown, right: unknown): Difference[] {
  if (JSON.stringify(left) === JSON.stringify(right)) return [];
  return [{ field, left, right, sentence: sentenceFor(field, left, right) }];
}

/** Paths are hints, not causes; the order of this list is the order of the answer. */
const nodeFields: Record<RecipeNode['kind'], readonly string[]> = {
  base: ['sha256', 'preTokenizer'],
  adapter: ['sha256', 'scale', 'domain', 'subdomain'],
  imatrix: ['sha256', 'textsSha256', 'contextSize', 'chunks', 'processOutput', 'parseSpecial'],
  merge: ['method', 'density', 'seed'],
  quantize: [
    'levels', 'pure', 'leaveOutputTensor', 'outputTensorType', 'tokenEmbeddingType', 'tensorTypes', 'pruneLayers', 'allowRequantize',
  ], // prettier-ignore
  package: ['form', 'domain', 'adapterType'],
  family: [],
  evaluate: [],
};

function nameOf(node: RecipeNode): string {
  switch (node.kind) {
    case 'adapter':
      return `the adapter ${node.subdomain ?? node.id}`;
    case 'imatrix':
      return 'an importance matrix';
    case 'merge':
      return `a merge (${node.method})`;
    case 'package':
      return `a ${node.form} package`;
    case 'base':
    case 'quantize':
    case 'family':
    case 'evaluate':
      return `the ${node.kind} step`;
  }
}

function sentenceFor(field: string, left: unknown, right: unknown): string {
  const [node = '', name] = field.split('.');
  if (name === 'sha256') {
    return `The content of ${node} differs: ${short(left)} in the first, ${short(right)} in the second.`;
  }
  const what = name === undefined ? words(node) : `${words(name)} of ${node}`;
  return `Different ${what}: ${text(left)} in the first, ${text(right)} in the second.`;
}

function text(value: unknown): string {
  if (value === undefined) return 'not set';
  if (typeof value === 'string') return value;
  const isList = Array.isArray(value) && value.every((part) => typeof part !== 'object');
  return isList && value.length > 0 ? value.join(', ') : JSON.stringify(value);
}

function short(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 12) : 'none';
}

/** `contextWindow` -> `context window`. */
function words(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
