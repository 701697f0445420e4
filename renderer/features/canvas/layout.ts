// Places for nodes, left to right (dagre), on the canvas's grid. Sizes are estimated from what a node shows, because the
// layout is needed before anything is drawn.
import { graphlib, layout } from '@dagrejs/dagre';
import type { Position } from '#src/recipe/edit-nodes.ts';
import type { RecipeEdge, RecipeNode } from '#src/recipe/recipe-schema.ts';

export const grid = 16;
/** For Alt: the finer grid. */
export const fineGrid = 4;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Width of a node's view, in pixels. */
export function nodeWidth(kind: RecipeNode['kind']): number {
  return kind === 'quantize' ? 236 : 212;
}

/** About the size of a node's view, in pixels. */
export function estimatedSize(node: RecipeNode): Size {
  return { width: nodeWidth(node.kind), height: 72 + rowsHeight(node) };
}

function rowsHeight(node: RecipeNode): number {
  switch (node.kind) {
    case 'quantize':
      return Math.max(1, node.levels.length) * 30;
    case 'merge':
      return node.method === 'sum' ? 40 : 76;
    case 'adapter':
      return 56;
    default:
      return 40;
  }
}

/** Lays out a whole recipe; the result is whole grid steps, from (0, 0). */
export function layOut(
  nodes: readonly RecipeNode[],
  edges: readonly RecipeEdge[],
  sizeOf: (node: RecipeNode) => Size = estimatedSize,
): Map<string, Position> {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 44 });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = new Set<string>();
  for (const node of nodes) {
    ids.add(node.id);
    graph.setNode(node.id, { ...sizeOf(node) });
  }
  for (const { from, to } of edges) {
    if (from !== to && ids.has(from) && ids.has(to)) graph.setEdge(from, to);
  }
  layout(graph);
  const places = new Map<string, Position>();
  for (const id of ids) {
    const { x, y, width, height } = graph.node(id) as Position & Size;
    places.set(id, { x: x - width / 2, y: y - height / 2 });
  }
  stackSources(places, nodes, edges, sizeOf);
  const left = Math.min(0, ...[...places.values()].map(({ x }) => x));
  const top = Math.min(0, ...[...places.values()].map(({ y }) => y));
  for (const [id, { x, y }] of places) {
    places.set(id, { x: snap(x - left, grid), y: snap(y - top, grid) });
  }
  return places;
}

const sourceOrder: Readonly<Record<string, number>> = { base: 0, adapter: 1, imatrix: 2 };
const gap = 24;

/** Sources that go to the same steps stand in the order of their ports: the base first, adapters as they are listed. */
function stackSources(
  places: Map<string, Position>,
  nodes: readonly RecipeNode[],
  edges: readonly RecipeEdge[],
  sizeOf: (node: RecipeNode) => Size,
): void {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const groups = new Map<string, RecipeNode[]>();
  for (const node of nodes) {
    const place = places.get(node.id);
    if (!(node.kind in sourceOrder) || place === undefined) continue;
    const key = `${Math.round(place.x)} ${(targets.get(node.id) ?? []).join(' ')}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  for (const group of groups.values()) {
    let y = Math.min(...group.map(({ id }) => places.get(id)?.y ?? 0));
    const total = group.reduce((sum, node) => sum + sizeOf(node).height + gap, -gap);
    const lowest = Math.max(
      ...group.map((node) => (places.get(node.id)?.y ?? 0) + sizeOf(node).height),
    );
    // Something else stands between them: they stay where they are.
    if (group.length < 2 || lowest - y > total + gap) continue;
    const sorted = [...group].sort(
      (left, right) => (sourceOrder[left.kind] ?? 0) - (sourceOrder[right.kind] ?? 0),
    );
    for (const node of sorted) {
      const x = places.get(node.id)?.x ?? 0;
      places.set(node.id, { x, y });
      y += sizeOf(node).height + gap;
    }
  }
}

export function snap(value: number, step: number): number {
  return Math.round(value / step) * step;
}

/** Ids from left to right, then from top to bottom: the order in which the keyboard visits nodes. */
export function readingOrder(places: ReadonlyMap<string, Position>): string[] {
  return [...places]
    .sort(([, a], [, b]) => {
      // Nodes of one column stand nearly, not exactly, under each other.
      const columns = Math.round(a.x / 120) - Math.round(b.x / 120);
      return columns !== 0 ? columns : a.y - b.y || a.x - b.x;
    })
    .map(([id]) => id);
}

/** The nearest node in a direction, preferring what lies straight ahead. */
export function neighbour(
  places: ReadonlyMap<string, Position>,
  from: string,
  direction: 'left' | 'right' | 'up' | 'down',
): string | undefined {
  const start = places.get(from);
  if (start === undefined) return undefined;
  let best: { id: string; cost: number } | undefined;
  for (const [id, place] of places) {
    if (id === from) continue;
    const dx = place.x - start.x;
    const dy = place.y - start.y;
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const aside = Math.abs(direction === 'left' || direction === 'right' ? dy : dx);
    // What lies more beside than ahead belongs to another direction.
    if (ahead < grid || aside > 2 * ahead) continue;
    const cost = ahead + 2 * aside;
    if (best === undefined || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}
