// The manifest as React Flow's nodes and edges, with the path of what is tested lit. What did not change keeps its identity.
import type { Edge, Node } from '@xyflow/react';
import type { Decision } from '#src/contract/routing/decision.ts';
import type {
  ManifestCompanion,
  ManifestParent,
  ManifestRoute,
  RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { formatCount } from '#src/text/format-number.ts';
import { layOutRouter, parentWidth, routeWidth } from '../logic/graph-layout.ts';
import { parentNames, routeNames, shortOf } from '../logic/route-names.ts';
import type { Selection } from '../state/router-store.ts';

export const noneId = 'none';
export const routeNodeId = (id: string) => `route:${id}`;
export const parentNodeId = (id: string) => `parent:${id}`;
export const companionNodeId = (index: number) => `companion:${index}`;

/** Handle of an adapter on its parent. */
export const adapterHandle = (id: string) => `adapter:${id}`;

export type GraphNode =
  | Node<RouteData, 'route'>
  | Node<NoneData, 'none'>
  | Node<ParentData, 'parent'>
  | Node<CompanionData, 'companion'>;
export type GraphEdge = Edge<Record<string, never>, 'default'>;

export interface RouteData extends Record<string, unknown> {
  readonly route: ManifestRoute;
  readonly name: string;
  readonly lit: boolean;
  readonly problem: string | undefined;
}
export interface NoneData extends Record<string, unknown> {
  readonly examples: number;
  readonly lit: boolean;
}
export interface ParentData extends Record<string, unknown> {
  readonly name: string;
  readonly parent: ManifestParent;
  readonly height: number;
  readonly lit: boolean;
  readonly adapter: string | undefined;
  readonly loaded: boolean;
  readonly problem: string | undefined;
}
export interface CompanionData extends Record<string, unknown> {
  readonly companion: ManifestCompanion;
  readonly problem: string | undefined;
}

export interface GraphInput {
  readonly manifest: RouterManifest;
  readonly paneWidth: number;
  readonly selection: Selection | undefined;
  readonly decision: Decision | undefined;
  /** Ids of parents that are in memory now. */
  readonly loaded: ReadonlySet<string>;
  /** The first problem of each part, by JSON pointer of the part: `/routes/3`. */
  readonly problems: ReadonlyMap<string, string>;
}

export function graphNodes(input: GraphInput, before: readonly GraphNode[]): GraphNode[] {
  const { manifest, selection, decision, loaded, problems } = input;
  const layout = layOutRouter(manifest, input.paneWidth);
  const names = routeNames(manifest.routes.map(({ id }) => id));
  const parents = parentNames(manifest.parents);
  const known = new Map(before.map((node) => [node.id, node]));
  const nodes: GraphNode[] = [
    ...manifest.routes.map((route, index): GraphNode => {
      const name = names.get(route.id) ?? route.id;
      return {
        id: routeNodeId(route.id),
        type: 'route',
        position: layout.routes.get(route.id) ?? { x: 0, y: 0 },
        width: routeWidth,
        selected: selection?.kind === 'route' && selection.id === route.id,
        ariaLabel: routeLabel(route, name, parents.get(route.parent) ?? route.parent),
        data: {
          route,
          name,
          lit: decision?.route === route.id,
          problem: problems.get(`/routes/${index}`),
        },
      };
    }),
    {
      id: noneId,
      type: 'none',
      position: layout.none,
      width: routeWidth,
      selected: selection?.kind === 'none',
      ariaLabel: `None of these: goes to ${parents.get(manifest.fallback.parent) ?? manifest.fallback.parent}`,
      data: {
        examples: manifest.fallback.examples?.length ?? 0,
        lit: decision !== undefined && decision.route === null,
      },
    },
    ...manifest.parents.map((parent, index): GraphNode => {
      const place = layout.parents.get(parent.id) ?? { x: 0, y: 0, height: 66 };
      const lit = decision?.target.parent === parent.id;
      const name = parents.get(parent.id) ?? parent.id;
      return {
        id: parentNodeId(parent.id),
        type: 'parent',
        position: { x: place.x, y: place.y },
        width: parentWidth,
        selected: selection?.kind === 'parent' && selection.id === parent.id,
        ariaLabel: `Parent ${name}, ${parent.quantization}`,
        data: {
          name,
          parent,
          height: place.height,
          lit,
          adapter: lit ? decision.target.adapter : undefined,
          loaded: loaded.has(parent.id),
          problem: problems.get(`/parents/${index}`),
        },
      };
    }),
    ...manifest.companions.map((companion, index): GraphNode => ({
      id: companionNodeId(index),
      type: 'companion',
      position: layout.companions[index] ?? { x: 0, y: 0 },
      width: parentWidth,
      selected: selection?.kind === 'companion' && selection.index === index,
      ariaLabel: `Companion ${companion.id ?? companion.role}`,
      connectable: false,
      data: { companion, problem: problems.get(`/companions/${index}`) },
    })),
  ];
  return nodes.map((node) => asBefore(known.get(node.id), node));
}

/** The node that is drawn already when it would look the same, with what React Flow measured. */
function asBefore(before: GraphNode | undefined, fresh: GraphNode): GraphNode {
  if (before === undefined) return fresh;
  const same =
    before.position.x === fresh.position.x &&
    before.position.y === fresh.position.y &&
    before.selected === fresh.selected &&
    before.ariaLabel === fresh.ariaLabel &&
    isSameData(before.data, fresh.data);
  if (same) return before;
  return before.measured === undefined ? fresh : { ...fresh, measured: before.measured };
}

function isSameData(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  return Object.keys(right).every((key) => left[key] === right[key]);
}

function routeLabel(route: ManifestRoute, name: string, parent: string): string {
  const target = route.adapter === undefined ? parent : `${parent} with ${shortOf(route.adapter)}`;
  return `Route ${name}: ${formatCount(route.examples.length)} examples, goes to ${target}`;
}

/** One edge for every route, and the fallback's. The lit one lies on top. */
export function graphEdges(
  { manifest, decision, selection }: Pick<GraphInput, 'manifest' | 'decision' | 'selection'>,
  before: readonly GraphEdge[],
): GraphEdge[] {
  const known = new Map(before.map((edge) => [edge.id, edge]));
  const parents = new Set(manifest.parents.map(({ id }) => id));
  const edge = (
    source: string,
    parent: string,
    lit: boolean,
    selected: boolean,
    name: string,
  ): GraphEdge[] => {
    if (!parents.has(parent)) return [];
    const fresh: GraphEdge = {
      id: source,
      source,
      target: parentNodeId(parent),
      sourceHandle: 'out',
      targetHandle: 'in',
      reconnectable: 'target',
      className: lit ? 'lit' : selected ? 'chosen' : source === noneId ? 'fallback' : '',
      zIndex: lit ? 2 : selected ? 1 : 0,
      ariaLabel: `${name} goes to ${parent}`,
    };
    const old = known.get(fresh.id);
    const same =
      old !== undefined &&
      old.target === fresh.target &&
      old.className === fresh.className &&
      old.ariaLabel === fresh.ariaLabel;
    return [same ? old : fresh];
  };
  const isChosen = (id: string) => selection?.kind === 'route' && selection.id === id;
  return [
    ...manifest.routes.flatMap(({ id, parent }) =>
      edge(routeNodeId(id), parent, decision?.route === id, isChosen(id), id),
    ),
    ...edge(
      noneId,
      manifest.fallback.parent,
      decision?.route === null,
      selection?.kind === 'none',
      'None of these',
    ),
  ];
}

/** What a node of the graph stands for. */
export function selectionOf(nodeId: string): Selection | undefined {
  if (nodeId === noneId) return { kind: 'none' };
  const [kind, rest] = split(nodeId);
  if (kind === 'route' || kind === 'parent') return { kind, id: rest };
  return kind === 'companion' ? { kind, index: Number(rest) } : undefined;
}

/** The route of a node; null for "none of these", undefined for anything else. */
export function routeOfNode(nodeId: string): string | null | undefined {
  if (nodeId === noneId) return null;
  const [kind, rest] = split(nodeId);
  return kind === 'route' ? rest : undefined;
}

export function parentOfNode(nodeId: string): string | undefined {
  const [kind, rest] = split(nodeId);
  return kind === 'parent' ? rest : undefined;
}

function split(nodeId: string): [string, string] {
  const at = nodeId.indexOf(':');
  return [nodeId.slice(0, at), nodeId.slice(at + 1)];
}
