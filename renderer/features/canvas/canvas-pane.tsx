// The canvas itself: React Flow over the recipe in front. Positions live here while something is dragged; the recipe is
// edited once, on the drop.
import '@xyflow/react/dist/base.css';
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  ConnectionMode,
  MiniMap,
  ReactFlow,
  SelectionMode,
  useStore,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  type IsValidConnection,
  type NodeChange,
  type ReactFlowInstance,
  type Viewport,
} from '@xyflow/react';
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type DragEvent,
  type MouseEvent,
} from 'react';
import { flushSync } from 'react-dom';
import { whyNotConnect, type Position } from '#src/recipe/edit-nodes.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { connect, copySelection, cutSelection, moveNodesLater, paste } from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { clipboardSpoke, onCanvasKey } from './canvas-keys.ts';
import css from './canvas-pane.module.css';
import { activeDocument, activeRecipe, openPalette, select, useCanvas } from './canvas-store.ts';
import { CanvasToolbar } from './canvas-toolbar.tsx';
import { ConnectionReason } from './connection-reason.tsx';
import { addDropped } from './drop-files.ts';
import { canvasPoint, fitOnResize, fitted, reveal, setFlow, viewWasMoved } from './flow-view.ts';
import {
  flowEdges,
  flowNodes,
  inReadingOrder,
  type CanvasEdge,
  type CanvasNode,
} from './flow-nodes.ts';
import { fineGrid, grid } from './layout.ts';
import { NodeMenu } from './node-menu.tsx';
import { NodeView } from './node-view.tsx';

const nodeTypes = { recipe: NodeView };
const noRunning: ReadonlySet<string> = new Set();
/** Nodes beyond this many are only drawn while they are in sight. */
const manyNodes = 300;
const farZoom = 0.4;
/** While more nodes than this are dragged, the overview rests: it would draw each of them anew with every frame. */
const manyDragged = 30;
const minimapSize = { width: 168, height: 112 };
/** Pixels. */
const lowPane = 480;

// React Flow writes every property that is another object than before into its store, and each write asks every node, port
// and wire anew: with two hundred nodes some milliseconds per property and frame. So all of them are made once.
const coarseSnap: [number, number] = [grid, grid];
const fineSnap: [number, number] = [fineGrid, fineGrid];
const noAttribution = { hideAttribution: true };
const panButtons = [1, 2];
const joiningKeys = ['Shift', 'Meta', 'Control'];

export function CanvasPane({ document }: { document: CanvasDocument }) {
  const [nodes, setNodes] = useState<CanvasNode[]>(() => flowNodes(document, []));
  const pane = useRef<HTMLDivElement>(null);
  const tool = useCanvas((store) => store.tool);
  const running = useRunningNodes();
  const [snapGrid, setSnapGrid] = useState(coarseSnap);
  const [draggingMany, setDraggingMany] = useState(false);
  /** Zoomed out so far that a node's rows cannot be read: they are not painted either. */
  const [far, setFar] = useState(false);

  useEffect(() => {
    setNodes((before) => flowNodes(document, before));
  }, [document]);

  // Before the focus goes anywhere by Tab, the page's order becomes the order of reading.
  useEffect(() => {
    const order = (event: KeyboardEvent) => {
      if (event.key === 'Tab') flushSync(() => setNodes(inReadingOrder));
    };
    window.addEventListener('keydown', order, true);
    return () => window.removeEventListener('keydown', order, true);
  }, []);

  const { content, selection, selectedEdges } = document;
  const drawnEdges = useRef<CanvasEdge[]>([]);
  const edges = useMemo(() => {
    drawnEdges.current = flowEdges(document, running, drawnEdges.current);
    return drawnEdges.current;
  }, [content, selection, selectedEdges, running]);

  const onNodesChange = useCallback((changes: NodeChange<CanvasNode>[]) => {
    setNodes((current) => applyNodeChanges(changes, current));
    selectByChanges(changes);
  }, []);

  const onMove = useCallback((gesture: unknown, { zoom }: Viewport) => {
    // Without a gesture the canvas moved itself.
    if (gesture !== null) viewWasMoved();
    setFar(zoom < farZoom);
  }, []);
  const onNodeDragStart = useCallback(
    (_: unknown, __: unknown, dragged: readonly CanvasNode[]) =>
      setDraggingMany(dragged.length > manyDragged),
    [],
  );
  const onSelectionDragStart = useCallback(
    (_: unknown, dragged: readonly CanvasNode[]) => setDraggingMany(dragged.length > manyDragged),
    [],
  );
  const onSelectionDragStop = useCallback((_: unknown, dragged: readonly CanvasNode[]) => {
    setDraggingMany(false);
    dropNodes(dragged);
  }, []);
  const onNodeDragStop = useCallback(
    (event: unknown, _: unknown, dragged: readonly CanvasNode[]) =>
      onSelectionDragStop(event, dragged),
    [],
  );

  const onInit = useCallback((instance: ReactFlowInstance<CanvasNode, CanvasEdge>) => {
    setFlow(instance as unknown as ReactFlowInstance, pane.current);
    // What opened the recipe is gone; keys go to the canvas from here on.
    if (window.document.activeElement === window.document.body) pane.current?.focus();
  }, []);
  useEffect(() => () => setFlow(undefined), []);
  useEffect(() => (pane.current === null ? undefined : fitOnResize(pane.current)), []);

  return (
    // The keys of this area are listed in the shortcuts dialog and in the palette.
    <div
      ref={pane}
      className={css.pane}
      tabIndex={-1}
      role="application"
      aria-label={`Canvas of ${document.title}`}
      data-tool={tool}
      data-far={far || undefined}
      onKeyDown={(event) => {
        if (event.key === 'Alt') setSnapGrid(fineSnap);
        onCanvasKey(event);
      }}
      onKeyUp={(event) => {
        if (event.key === 'Alt') setSnapGrid(coarseSnap);
      }}
      onCopy={(event) => toClipboard(event, copySelection())}
      onCut={(event) => toClipboard(event, cutSelection())}
      onPaste={(event) => {
        if (isField(event.target)) return;
        event.preventDefault();
        clipboardSpoke();
        paste(event.clipboardData.getData('text/plain'));
      }}
      onFocus={(event) => revealFocused(event.target)}
      onDoubleClick={onDoubleClick}
      onDragOver={(event) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }}
      onDrop={onDrop}
    >
      <ReactFlow<CanvasNode, CanvasEdge>
        key={document.key}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        onInit={onInit}
        onMove={onMove}
        onNodesChange={onNodesChange}
        onEdgesChange={selectEdges}
        onNodeDragStart={onNodeDragStart}
        onSelectionDragStart={onSelectionDragStart}
        onNodeDragStop={onNodeDragStop}
        onSelectionDragStop={onSelectionDragStop}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        isValidConnection={isValidConnection}
        connectionMode={ConnectionMode.Strict}
        connectionRadius={28}
        snapToGrid
        snapGrid={snapGrid}
        selectionMode={SelectionMode.Partial}
        selectionOnDrag={tool === 'select'}
        panOnDrag={tool === 'pan' ? true : panButtons}
        panActivationKeyCode="Space"
        selectionKeyCode="Shift"
        multiSelectionKeyCode={joiningKeys}
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        disableKeyboardA11y
        edgesFocusable={false}
        onlyRenderVisibleElements={nodes.length > manyNodes}
        elevateNodesOnSelect
        fitView
        fitViewOptions={fitted}
        minZoom={0.1}
        maxZoom={2}
        proOptions={noAttribution}
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={far ? 100 : 20}
          size={far ? 4 : 1.4}
          className={css.dots ?? ''}
        />
        {nodes.length > 3 && !draggingMany && <Overview />}
        <ConnectionReason />
        <CanvasToolbar document={document} />
      </ReactFlow>
      <NodeMenu document={document} />
    </div>
  );
}

/** In a low pane, above open jobs, it would cover the nodes that it helps to find. */
function Overview() {
  const isLow = useStore(({ height }) => height < lowPane);
  if (isLow) return null;
  return (
    <MiniMap
      className={css.minimap ?? ''}
      style={minimapSize}
      ariaLabel="Overview of the canvas"
      pannable
      zoomable
      nodeBorderRadius={8}
    />
  );
}

/** Nodes that the job in front is working on. */
function useRunningNodes(): ReadonlySet<string> {
  const run = useCanvas((store) =>
    store.active === undefined ? undefined : store.runs[store.active],
  );
  const active = useStudio((store) => {
    const state = store.jobs.find(({ id }) => id === run?.job)?.state;
    return state === 'running' || state === 'queued';
  });
  return useMemo(() => {
    if (!active || run === undefined) return noRunning;
    return new Set([...run.nodes].flatMap(([id, { state }]) => (state === 'running' ? [id] : [])));
  }, [active, run]);
}

function selectByChanges(changes: readonly NodeChange<CanvasNode>[]): void {
  const document = activeDocument();
  if (document === undefined || !changes.some(({ type }) => type === 'select')) return;
  const selection = new Set(document.selection);
  for (const change of changes) {
    if (change.type !== 'select') continue;
    if (change.selected) selection.add(change.id);
    else selection.delete(change.id);
  }
  select(selection, document.selectedEdges);
}

function selectEdges(changes: readonly EdgeChange<CanvasEdge>[]): void {
  const document = activeDocument();
  if (document === undefined || !changes.some(({ type }) => type === 'select')) return;
  const selected = new Set(document.selectedEdges);
  for (const change of changes) {
    if (change.type !== 'select') continue;
    if (change.selected) selected.add(change.id);
    else selected.delete(change.id);
  }
  select(document.selection, selected);
}

function dropNodes(dragged: readonly CanvasNode[]): void {
  const moved = new Map<string, Position>(dragged.map(({ id, position }) => [id, position]));
  if (moved.size > 0) moveNodesLater(moved);
}

const isValidConnection: IsValidConnection<CanvasEdge> = ({ source, target }) => {
  const document = activeRecipe();
  return (
    document !== undefined &&
    whyNotConnect(document.recipe.nodes, document.recipe.edges, source, target) === undefined
  );
};

function onConnect({ source, target }: Connection): void {
  connect(source, target);
}

/** A wire that ends on a node's body goes to its fitting port; one that ends nowhere asks what to add there. */
function onConnectEnd(
  event: globalThis.MouseEvent | TouchEvent,
  state: FinalConnectionState,
): void {
  if (state.isValid === true || state.fromNode === null || state.fromHandle === null) return;
  const point = 'changedTouches' in event ? event.changedTouches[0] : event;
  if (point === undefined) return;
  const from = state.fromNode.id;
  const forwards = state.fromHandle.type === 'source';
  const over = window.document
    .elementFromPoint(point.clientX, point.clientY)
    ?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (over !== undefined) {
    if (over !== from) connect(...(forwards ? ([from, over] as const) : ([over, from] as const)));
    return;
  }
  if (state.toHandle !== null) return;
  openPalette({
    page: 'root',
    at: canvasPoint(point.clientX, point.clientY),
    wire: { node: from, end: forwards ? 'from' : 'to' },
  });
}

function onDoubleClick(event: MouseEvent): void {
  if (!(event.target as HTMLElement).matches('.react-flow__pane')) return;
  openPalette({ page: 'root', at: canvasPoint(event.clientX, event.clientY) });
}

function onDrop(event: DragEvent): void {
  event.preventDefault();
  event.stopPropagation();
  void addDropped(event.dataTransfer, canvasPoint(event.clientX, event.clientY));
}

function isField(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select');
}

function toClipboard(event: React.ClipboardEvent, text: string | undefined): void {
  if (!isField(event.target)) clipboardSpoke();
  if (isField(event.target) || text === undefined) return;
  event.preventDefault();
  event.clipboardData.setData('text/plain', text);
}

/** A node that gets the focus by Tab comes into sight. */
function revealFocused(target: EventTarget): void {
  if (!(target instanceof HTMLElement) || !target.matches('.react-flow__node:focus-visible'))
    return;
  const document = activeDocument();
  const id = target.dataset.id;
  if (document?.content.state !== 'recipe' || id === undefined) return;
  const node = document.content.nodes.get(id);
  if (node === undefined) return;
  const place = node.position ?? document.layout.get(id);
  if (place !== undefined) reveal(place, target.offsetWidth, target.offsetHeight);
}
