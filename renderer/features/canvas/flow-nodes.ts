// The recipe as React Flow's nodes and edges. What did not change keeps its identity, so that one edit draws one node.
import type { Edge, Node } from '@xyflow/react';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { edgeKey } from '#src/recipe/edit-nodes.ts';
import { inputPortFor } from '#src/recipe/node-ports.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { placeOf, type CanvasDocument } from './canvas-document.ts';
import { readingOrder } from './layout.ts';
import { shortName } from './node-text.ts';

export type CanvasNode = Node<{ readonly node: RecipeNode }, 'recipe'>;
export type CanvasEdge = Edge<Record<string, never>, 'default'>;

/** Nodes in reading order, which is the order of Tab. */
export function flowNodes(document: CanvasDocument, before: readonly CanvasNode[]): CanvasNode[] {
  if (document.content.state !== 'recipe') return [];
  const known = new Map(before.map((node) => [node.id, node]));
  const places = new Map<string, Position>();
  for (const node of document.content.nodes.values()) places.set(node.id, placeOf(document, node));
  return readingOrder(places).flatMap((id) => {
    const node = document.content.state === 'recipe' ? document.content.nodes.get(id) : undefined;
    const position = places.get(id);
    if (node === undefined || position === undefined) return [];
    return [flowNode(node, position, document.selection.has(id), known.get(id))];
  });
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
  const sameNode = before.data.node === node;
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
