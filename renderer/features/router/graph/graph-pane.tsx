// The graph: routes at the left, parents and companions at the right. An edge's end, or a route's port, is dragged to another
// parent or adapter to re-map it; the same goes by keyboard through the panel.
import '@xyflow/react/dist/base.css';
import {
  Background,
  BackgroundVariant,
  Panel,
  ReactFlow,
  type Connection,
  type FinalConnectionState,
  type NodeMouseHandler,
  type ReactFlowInstance,
} from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { FloatingToolbar, HistoryButtons } from '#renderer/ui/floating-toolbar.tsx';
import { isTyping } from '#renderer/ui/is-typing.ts';
import { foundIn, movedProblems } from '../logic/find-routes.ts';
import { problemsByPart } from '../logic/problems.ts';
import { useProblems } from '../state/use-problems.ts';
import { dropRoute, sendTo } from '../state/router-edits.ts';
import type { RouterDocument } from '../logic/router-document.ts';
import { redo, select, undo, useRouter } from '../state/router-store.ts';
import {
  adapterHandle,
  graphEdges,
  graphNodes,
  parentOfNode,
  routeOfNode,
  selectionOf,
  type GraphEdge,
  type GraphNode,
} from './graph-elements.ts';
import css from './graph.module.css';
import { CompanionNode, ParentNode } from './parent-nodes.tsx';
import { NoneNode, RouteNode } from './route-nodes.tsx';

const nodeTypes = {
  route: RouteNode,
  none: NoneNode,
  parent: ParentNode,
  companion: CompanionNode,
};
const noAttribution = { hideAttribution: true };
const noIds: ReadonlySet<string> = new Set();
/** Pixels around a node that is brought into sight; the bar at the bottom is higher. */
const sightMargin = { side: 16, bottom: 64 };
/** With more routes than this there is a field to find one. */
const findable = 12;
/** More routes than this are drawn only while they are in sight. */
const many = 150;

export function GraphPane({ document }: { document: RouterDocument }) {
  const { manifest } = document;
  const pane = useRef<HTMLDivElement>(null);
  const width = useWidth(pane);
  const selection = useRouter((store) => store.selection);
  const decision = useRouter(({ test }) => test.decision);
  const loadedList = useRouter(({ server }) => server?.loaded);
  const [connecting, setConnecting] = useState(false);
  const flow = useRef<ReactFlowInstance<GraphNode, GraphEdge> | null>(null);
  const problems = useProblems(document);
  const find = useRouter((store) => store.find);
  const shown = useMemo(() => foundIn(manifest, find), [manifest, find]);
  const marked = useMemo(
    () => movedProblems(problemsByPart(problems), manifest, shown),
    [problems, manifest, shown],
  );
  const loaded = useMemo(
    () => (loadedList === undefined ? noIds : new Set(loadedList.map(({ parent }) => parent))),
    [loadedList],
  );
  const drawnNodes = useRef<GraphNode[]>([]);
  const drawnEdges = useRef<GraphEdge[]>([]);
  const nodes = useMemo(() => {
    drawnNodes.current = graphNodes(
      { manifest: shown, paneWidth: width, selection, decision, loaded, problems: marked },
      drawnNodes.current,
    );
    return drawnNodes.current;
  }, [shown, width, selection, decision, loaded, marked]);
  const edges = useMemo(() => {
    drawnEdges.current = graphEdges({ manifest: shown, decision, selection }, drawnEdges.current);
    return drawnEdges.current;
  }, [shown, decision, selection]);

  const onConnect = useCallback(({ source, target, targetHandle }: Connection) => {
    connect(source, target, targetHandle);
  }, []);
  const onReconnect = useCallback(
    (_: GraphEdge, { source, target, targetHandle }: Connection) =>
      connect(source, target, targetHandle),
    [],
  );
  const onNodeClick: NodeMouseHandler = useCallback((_, { id }) => select(selectionOf(id)), []);

  return (
    // The keys of this area are listed in the shortcuts dialog.
    <div
      ref={pane}
      className={css.pane}
      role="application"
      aria-label={`Routes of ${manifest.name}`}
      tabIndex={-1}
      data-connecting={connecting || undefined}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (flow.current !== null) bringIntoSight(event.target, event.currentTarget, flow.current);
      }}
    >
      {width > 0 && (
        <ReactFlow<GraphNode, GraphEdge>
          key={document.file.id}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          onInit={(instance) => (flow.current = instance)}
          nodesDraggable={false}
          disableKeyboardA11y
          edgesFocusable={false}
          reconnectRadius={14}
          onReconnect={onReconnect}
          onConnect={onConnect}
          onConnectStart={() => setConnecting(true)}
          onConnectEnd={(event, state) => {
            setConnecting(false);
            onConnectEnd(event, state);
          }}
          onReconnectStart={() => setConnecting(true)}
          onReconnectEnd={(event, edge, _, state) => {
            setConnecting(false);
            onConnectEnd(event, state, edge.source);
          }}
          onNodeClick={onNodeClick}
          onPaneClick={() => useRouter.setState({ selection: undefined })}
          connectionRadius={18}
          deleteKeyCode={null}
          panOnScroll
          zoomOnDoubleClick={false}
          onlyRenderVisibleElements={nodes.length > many}
          minZoom={0.2}
          maxZoom={1.5}
          proOptions={noAttribution}
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
          <Panel position="bottom-center">
            <GraphBar
              document={document}
              found={shown.routes.length}
              onFind={(find) => {
                useRouter.setState({ find });
                // What is found stands at the top.
                void flow.current?.setViewport({ x: 0, y: 0, zoom: 1 });
              }}
              onFit={() => void flow.current?.fitView({ maxZoom: 1, padding: 0.04 })}
            />
          </Panel>
        </ReactFlow>
      )}
    </div>
  );
}

interface GraphBarProps {
  document: RouterDocument;
  /** How many routes are shown. */
  found: number;
  onFind: (text: string) => void;
  onFit: () => void;
}

function GraphBar({ document, found, onFind, onFit }: GraphBarProps) {
  const { past, future, manifest } = document;
  const wanted = useRouter((store) => store.find);
  return (
    <FloatingToolbar label="Routes">
      {(manifest.routes.length > findable || wanted !== '') && (
        <>
          <input
            type="search"
            value={wanted}
            placeholder="Find routes"
            aria-label="Find routes by name, example or keyword"
            spellCheck={false}
            onChange={(event) => onFind(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') onFind('');
            }}
          />
          <span className={css.found} role="status">
            {wanted !== '' && `${formatCount(found)} of ${formatCount(manifest.routes.length)}`}
          </span>
        </>
      )}
      <button type="button" onClick={() => useRouter.setState({ dialog: 'add-route' })}>
        Add route
      </button>
      <button
        type="button"
        onClick={() => useRouter.setState({ selection: undefined, tab: 'edit' })}
      >
        Router settings
      </button>
      <HistoryButtons past={past.at(-1)} future={future.at(-1)} onUndo={undo} onRedo={redo} />
      <button type="button" title="Bring everything into sight" onClick={onFit}>
        Fit
      </button>
    </FloatingToolbar>
  );
}

/** An edge that ends on the parent's body goes to the adapter that fits the route's name. */
function connect(source: string, target: string, handle: string | null): void {
  const route = routeOfNode(source);
  const parent = parentOfNode(target);
  if (route === undefined || parent === undefined) return;
  const prefix = adapterHandle('');
  sendTo(
    route,
    parent,
    handle?.startsWith(prefix) === true ? handle.slice(prefix.length) : undefined,
  );
}

function onConnectEnd(
  event: MouseEvent | TouchEvent,
  state: FinalConnectionState,
  source: string | undefined = state.fromNode?.id,
): void {
  if (state.isValid === true || source === undefined) return;
  const point = 'changedTouches' in event ? event.changedTouches[0] : event;
  if (point === undefined) return;
  const over = window.document
    .elementFromPoint(point.clientX, point.clientY)
    ?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (over !== undefined) connect(source, over, null);
}

function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const node = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node');
  const id = node?.dataset.id;
  const chosen = id === undefined ? undefined : selectionOf(id);
  switch (event.key) {
    case 'Enter':
    case ' ':
      if (chosen === undefined || event.target !== node) return;
      select(chosen);
      break;
    case 'm':
    case 'M':
      if (chosen?.kind !== 'route' && chosen?.kind !== 'none') return;
      select(chosen);
      focusTarget();
      break;
    case 'Delete':
    case 'Backspace':
      if (chosen?.kind !== 'route') return;
      dropRoute(chosen.id);
      event.currentTarget.focus();
      break;
    case 'ArrowDown':
    case 'ArrowUp':
    case 'ArrowLeft':
    case 'ArrowRight':
      if (node === null || node === undefined) return;
      nearestNode(event.currentTarget, node, event.key)?.focus({ preventScroll: true });
      break;
    case 'Escape':
      useRouter.setState({ selection: undefined });
      break;
    default:
      return;
  }
  event.preventDefault();
}

/** The panel's "Goes to", which the panel draws in this moment. */
function focusTarget(frames = 10): void {
  requestAnimationFrame(() => {
    const control = window.document.querySelector<HTMLElement>('[data-goes-to] button');
    if (control === null && frames > 0) focusTarget(frames - 1);
    else control?.focus();
  });
}

/** A node that gets the focus by keyboard comes into sight; the browser's own scrolling would tear the graph apart. */
function bringIntoSight(
  target: EventTarget,
  pane: HTMLElement,
  flow: ReactFlowInstance<GraphNode, GraphEdge>,
): void {
  if (!(target instanceof HTMLElement) || !target.matches('.react-flow__node:focus-visible'))
    return;
  for (const part of pane.querySelectorAll('.react-flow, .react-flow__renderer')) {
    part.scrollTo(0, 0);
  }
  const box = target.getBoundingClientRect();
  const sight = pane.getBoundingClientRect();
  const { side, bottom } = sightMargin;
  const shift = (start: number, end: number, from: number, to: number) =>
    start < from ? from - start : end > to ? Math.max(to - end, from - start) : 0;
  const x = shift(box.left, box.right, sight.left + side, sight.right - side);
  const y = shift(box.top, box.bottom, sight.top + side, sight.bottom - bottom);
  if (x === 0 && y === 0) return;
  const view = flow.getViewport();
  void flow.setViewport({ ...view, x: view.x + x, y: view.y + y });
}

function nearestNode(pane: HTMLElement, from: HTMLElement, key: string): HTMLElement | undefined {
  const start = from.getBoundingClientRect();
  const sideways = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowDown' || key === 'ArrowRight' ? 1 : -1;
  let best: HTMLElement | undefined;
  let least = Infinity;
  for (const node of pane.querySelectorAll<HTMLElement>('.react-flow__node')) {
    const box = node.getBoundingClientRect();
    const along = sideways ? box.left - start.left : box.top - start.top;
    const across = sideways ? box.top - start.top : box.left - start.left;
    if (node === from || along * sign <= 1 || (!sideways && Math.abs(across) > 40)) continue;
    const distance = Math.abs(along) + 2 * Math.abs(across);
    if (distance < least) {
      least = distance;
      best = node;
    }
  }
  return best;
}

function useWidth(pane: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = pane.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => {
      // Another screen is in front.
      if (element.clientWidth > 0) setWidth(element.clientWidth);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [pane]);
  return width;
}
