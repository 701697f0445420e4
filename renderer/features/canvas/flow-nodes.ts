// The recipe as React Flow's nodes and edges. What did not change keeps its identity, so that one edit draws one node.
import type { Edge, Node } from '@xyflow/react';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { edgeKey } from '#src/recipe/edit-nodes.ts';
import { inputPortFor } from '#src/recipe/node-ports.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { builtForm } from './built-form.ts';
import { placeOf, type CanvasDocument } from './canvas-document.ts';
import { readingOrder } from './layout.ts';
import { shortName } from './node-text.ts';

export type CanvasNode = Node<{ readonly node: RecipeNode }, 'recipe'>;
export type CanvasEdge = Edge<Record<string, never>, 'default'>;

/**
 * Nodes of the document. While they are the same ones they keep the order in which they are drawn already: another order
 * moves views in the page, which lays all of them out anew. `inReadingOrder` does that when it is needed.
 */
export function flowNodes(document: CanvasDocument, before: CanvasNode[]): CanvasNode[] {
  if (document.content.state !== 'recipe') return [];
  const { nodes } = document.content;
  const known = new Map(before.map((node) => [node.id, node]));
  const asBefore = known.size === nodes.size && before.every(({ id }) => nodes.has(id));
  const drawn = [...(asBefore ? known : nodes).keys()].flatMap((id) => {
    const node = nodes.get(id);
    if (node === undefined) return [];
    return [flowNode(node, placeOf(document, node), document.selection.has(id), known.get(id))];
  });
  if (!asBefore) return inReadingOrder(drawn);
  return drawn.every((node, index) => node === before[index]) ? before : drawn;
}

/** Nodes in reading order, which is the order of Tab; the same list when they stand in it already. */
export function inReadingOrder(nodes: CanvasNode[]): CanvasNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = new Map(nodes.map(({ id, position }): [string, Position] => [id, position]));
  const ordered = readingOrder(places).flatMap((id) => byId.get(id) ?? []);
  return ordered.every((node, index) => node === nodes[index]) ? nodes : ordered;
}

function flowNode(
  node: RecipeNode,
  position: Position,
  selected: boolean,
  before: CanvasNode | undefined,
): CanvasNode {
  if (before === undefined) {
    return {
      id: node.id,
      type: 'recipe',
      position,
      selected,
      data: { node },
      ariaLabel: shortName(node),
    };
  }
  const samePlace = before.position.x === position.x && before.position.y === position.y;
  // A node that was only moved looks as before.
  const sameNode = builtForm(before.data.node) === builtForm(node);
  if (samePlace && sameNode && (before.selected ?? false) === selected) return before;
  return {
    ...before,
    selected,
    ...(samePlace ? {} : { position }),
    ...(sameNode ? {} : { data: { node }, ariaLabel: shortName(node) }),
  };
}

/** Wires; those that touch the selection or what runs are drawn in the accent. */
export function flowEdges(
  document: CanvasDocument,
  running: ReadonlySet<string>,
  before: readonly CanvasEdge[] = [],
): CanvasEdge[] {
  if (document.content.state !== 'recipe') return [];
  const known = new Map(before.map((edge) => [edge.id, edge]));
  const { nodes } = document.content;
  const { selection, selectedEdges } = document;
  const seen = new Set<string>();
  return document.content.document.recipe.edges.flatMap((edge) => {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    const id = edgeKey(edge);
    if (from === undefined || to === undefined || seen.has(id)) return [];
    seen.add(id);
    const port = inputPortFor(from.kind, to.kind);
    const active = running.has(edge.to) || selection.has(edge.from) || selection.has(edge.to);
    const fresh: CanvasEdge = {
      id,
      source: edge.from,
      target: edge.to,
      sourceHandle: 'output',
      targetHandle: port?.name ?? 'refused',
      selected: selectedEdges.has(id),
      className: port === undefined ? 'wrong' : active ? 'active' : '',
      ariaLabel: `${shortName(from)} wired to ${shortName(to)}`,
    };
    return [sameEdge(known.get(id), fresh)];
  });
}

/** The edge that is drawn already when it says the same, so that React Flow leaves its view alone. */
function sameEdge(before: CanvasEdge | undefined, fresh: CanvasEdge): CanvasEdge {
  return before !== undefined &&
    before.targetHandle === fresh.targetHandle &&
    before.selected === fresh.selected &&
    before.className === fresh.className &&
    before.ariaLabel === fresh.ariaLabel
    ? before
    : fresh;
}
