// What a canvas does to a recipe: add, remove, wire, move, set, copy and paste, each as a pure step from one document to
// the next. The text stays the truth: only what a step names changes in it.
import { z } from 'zod';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { inputPortFor, whyNot } from './node-ports.ts';
import { applyJsonSplices, type JsonSplice } from './json-splices.ts';
import { parseJsonText } from './json-text.ts';
import { parseRecipe, type RecipeDocument } from './recipe-file.ts';
import {
  recipeEdgeSchema,
  recipeNodeSchema,
  type RecipeEdge,
  type RecipeInput,
  type RecipeNode,
} from './recipe-schema.ts';
import { parseWithSchema } from './schema-problems.ts';

export type RecipeNodeInput = RecipeInput['nodes'][number];
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** Nodes on the clipboard, with the wires among them. */
export interface RecipeFragment {
  readonly nodes: readonly RecipeNodeInput[];
  readonly edges: readonly RecipeEdge[];
}

const fragmentSchema = z.strictObject({
  'gguf-studio': z.literal('nodes'),
  nodes: z.array(recipeNodeSchema).min(1).max(2_000),
  edges: z.array(recipeEdgeSchema).max(20_000),
});

/** Applies splices to a document's text and checks the result. */
export function spliceRecipe(
  document: RecipeDocument,
  splices: readonly JsonSplice[],
): RecipeDocument {
  return splices.length === 0
    ? document
    : parseRecipe(applyJsonSplices(document.json, splices), document.label);
}

/** `quantize`, then `quantize-2`, ...: the first id that no node has. */
export function freshId(taken: ReadonlySet<string>, wanted: string): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/-\d+$/, '').slice(0, 58);
  for (let number = 2; ; number++) {
    const id = `${stem}-${number}`;
    if (!taken.has(id)) return id;
  }
}

/** Adds nodes and wires as they are; ids must be free. */
export function addNodes(document: RecipeDocument, added: RecipeFragment): RecipeDocument {
  return spliceRecipe(document, [
    { splice: 'append', path: ['nodes'], values: added.nodes },
    { splice: 'append', path: ['edges'], values: added.edges },
  ]);
}

/** Removes nodes and every wire that touches them. */
export function removeNodes(document: RecipeDocument, ids: ReadonlySet<string>): RecipeDocument {
  const { nodes, edges } = document.recipe;
  return spliceRecipe(document, [
    removal(['nodes'], nodes, (node) => ids.has(node.id)),
    removal(['edges'], edges, ({ from, to }) => ids.has(from) || ids.has(to)),
  ]);
}

/** Removes wires, each named by its two ends. */
export function removeEdges(
  document: RecipeDocument,
  removed: readonly RecipeEdge[],
): RecipeDocument {
  const keys = new Set(removed.map(edgeKey));
  return spliceRecipe(document, [
    removal(['edges'], document.recipe.edges, (edge) => keys.has(edgeKey(edge))),
  ]);
}

/** One text per wire. Ids hold no spaces. */
export function edgeKey({ from, to }: RecipeEdge): string {
  return `${from} ${to}`;
}

/**
 * Why a wire cannot be drawn: a sentence, or undefined when it can. An input that takes one wire and has one is no
 * reason: `connectNodes` puts the new wire in place of the old one.
 */
export function whyNotConnect(
  nodes: readonly RecipeNode[],
  edges: readonly RecipeEdge[],
  from: string,
  to: string,
): string | undefined {
  const source = nodes.find(({ id }) => id === from);
  const target = nodes.find(({ id }) => id === to);
  if (source === undefined || target === undefined) return 'There is nothing to wire.';
  if (from === to) return 'A step cannot be wired to itself.';
  if (edges.some((edge) => edge.from === from && edge.to === to)) {
    return 'These two are wired already.';
  }
  return inputPortFor(source.kind, target.kind) === undefined
    ? whyNot(source.kind, target.kind)
    : undefined;
}

/** Draws a wire; at an input that takes only one, it replaces the wire that is there. */
export function connectNodes(document: RecipeDocument, from: string, to: string): RecipeDocument {
  const { nodes, edges } = document.recipe;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const source = byId.get(from);
  const target = byId.get(to);
  invariant(source !== undefined && target !== undefined, 'wires join nodes that are there');
  const port = inputPortFor(source.kind, target.kind);
  invariant(port !== undefined, 'wires that do not fit are refused before');
  const replaced =
    port.maximum > 1
      ? []
      : edges.filter((edge) => {
          const kind = byId.get(edge.from)?.kind;
          return edge.to === to && kind !== undefined && inputPortFor(kind, target.kind) === port;
        });
  const cleared = removeEdges(document, replaced);
  return spliceRecipe(cleared, [{ splice: 'append', path: ['edges'], values: [{ from, to }] }]);
}

/** Writes positions of nodes, whole pixels. */
export function placeNodes(
  document: RecipeDocument,
  positions: ReadonlyMap<string, Position>,
): RecipeDocument {
  const placed = new Map<number, Position>();
  document.recipe.nodes.forEach((node, index) => {
    const position = positions.get(node.id);
    if (position === undefined) return;
    const value = { x: Math.round(position.x), y: Math.round(position.y) };
    if (node.position?.x !== value.x || node.position.y !== value.y) placed.set(index, value);
  });
  if (placed.size === 0) return document;
  const splices = [...placed].map(([index, value]): JsonSplice => ({
    splice: 'set',
    path: ['nodes', index],
    property: 'position',
    value,
  }));
  const text = applyJsonSplices(document.json, splices);
  // A place changes nothing that the schema looks at: checking two hundred nodes again would be felt in a drag.
  const nodes = document.recipe.nodes.map((node, index) => {
    const position = placed.get(index);
    return position === undefined ? node : { ...node, position };
  });
  return {
    label: document.label,
    text,
    json: parseJsonText(text, document.label, 'recipe/invalid'),
    recipe: { ...document.recipe, nodes },
  };
}

/** Sets fields of one node; undefined takes a field out, which means its default. */
export function setNodeFields(
  document: RecipeDocument,
  id: string,
  fields: Readonly<Record<string, unknown>>,
): RecipeDocument {
  const index = document.recipe.nodes.findIndex((node) => node.id === id);
  invariant(index >= 0, 'fields are set on a node that is there');
  return spliceRecipe(
    document,
    Object.entries(fields).map(([property, value]) =>
      value === undefined
        ? { splice: 'unset', path: ['nodes', index], property }
        : { splice: 'set', path: ['nodes', index], property, value },
    ),
  );
}

/** The nodes of a selection as the recipe writes them, with the wires among them. */
export function copyNodes(document: RecipeDocument, ids: ReadonlySet<string>): RecipeFragment {
  const written = document.json.value as { nodes: readonly RecipeNodeInput[] };
  return {
    nodes: written.nodes.filter(({ id }) => ids.has(id)),
    edges: document.recipe.edges.filter(({ from, to }) => ids.has(from) && ids.has(to)),
  };
}

/** What goes to the clipboard as text. */
export function fragmentText(fragment: RecipeFragment): string {
  return `${JSON.stringify({ 'gguf-studio': 'nodes', ...fragment }, null, 2)}\n`;
}

/** Reads nodes from a clipboard's text; also a whole recipe. Throws `recipe/invalid` for any other text. */
export function parseFragment(text: string): RecipeFragment {
  const json = parseJsonText(text, 'The clipboard', 'recipe/invalid');
  const isFragment =
    typeof json.value === 'object' &&
    json.value !== null &&
    Object.hasOwn(json.value, 'gguf-studio');
  if (!isFragment) {
    const { recipe } = parseRecipe(text, 'The clipboard');
    return { nodes: recipe.nodes, edges: recipe.edges };
  }
  parseWithSchema(fragmentSchema, json, 'recipe/invalid');
  const { nodes, edges } = json.value as z.input<typeof fragmentSchema>;
  const ids = new Set(nodes.map(({ id }) => id));
  if (ids.size < nodes.length) {
    throw new StudioError('recipe/invalid', 'The clipboard holds two nodes with one id.', {
      hint: 'Copy the nodes again.',
    });
  }
  return { nodes, edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
}

/**
 * Pastes nodes under fresh ids, moved by `shift`; wires among them are kept. `at` gives places to nodes that have none.
 * Returns the document and the new ids, in the fragment's order.
 */
export function pasteNodes(
  document: RecipeDocument,
  fragment: RecipeFragment,
  shift: Position,
  at: (index: number) => Position,
): { document: RecipeDocument; ids: string[] } {
  const taken = new Set(document.recipe.nodes.map(({ id }) => id));
  const renamed = new Map<string, string>();
  const nodes = fragment.nodes.map((node, index) => {
    const id = freshId(taken, node.id);
    taken.add(id);
    renamed.set(node.id, id);
    const place = node.position ?? at(index);
    return {
      ...node,
      id,
      position: { x: Math.round(place.x + shift.x), y: Math.round(place.y + shift.y) },
    };
  });
  const edges = fragment.edges.map(({ from, to }) => ({
    from: renamed.get(from) ?? from,
    to: renamed.get(to) ?? to,
  }));
  return { document: addNodes(document, { nodes, edges }), ids: nodes.map(({ id }) => id) };
}

function removal<Element>(
  path: readonly string[],
  elements: readonly Element[],
  isRemoved: (element: Element) => boolean,
): JsonSplice {
  return {
    splice: 'remove',
    path,
    indices: elements.flatMap((element, index) => (isRemoved(element) ? [index] : [])),
  };
}
