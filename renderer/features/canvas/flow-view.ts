// The React Flow instance in front, for what happens outside of its components: placing a new node in sight, fitting,
// bringing a node into view. Undefined while no canvas is drawn.
import type { ReactFlowInstance } from '@xyflow/react';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { grid, snap, type Size } from './layout.ts';

let flow: ReactFlowInstance | undefined;
let pane: HTMLElement | undefined;

export function setFlow(
  instance: ReactFlowInstance | undefined,
  element?: HTMLElement | null,
): void {
  flow = instance;
  pane = element ?? undefined;
}

/** The canvas's coordinates of a point of the window. */
export function canvasPoint(clientX: number, clientY: number): Position {
  return flow?.screenToFlowPosition({ x: clientX, y: clientY }) ?? { x: 0, y: 0 };
}

/** The middle of what is in sight, a little left and up so that a node stands in it. */
export function middleOfView(): Position {
  const box = pane?.getBoundingClientRect();
  if (box === undefined) return { x: 0, y: 0 };
  const { x, y } = canvasPoint(box.left + box.width / 2, box.top + box.height / 2);
  return { x: snap(x - 108, grid), y: snap(y - 64, grid) };
}

export function fitAll(): void {
  void flow?.fitView({ padding: 0.06, maxZoom: 1, duration: 150 });
}

/** Brings a node into view without changing the zoom when it is out of sight. */
export function reveal(place: Position, width: number, height: number): void {
  const box = pane?.getBoundingClientRect();
  if (flow === undefined || box === undefined) return;
  const zoom = flow.getZoom();
  const topLeft = flow.flowToScreenPosition(place);
  const inSight =
    topLeft.x >= box.left &&
    topLeft.y >= box.top &&
    topLeft.x + width * zoom <= box.right &&
    topLeft.y + height * zoom <= box.bottom;
  if (!inSight) {
    void flow.setCenter(place.x + width / 2, place.y + height / 2, { zoom, duration: 150 });
  }
}

export function zoomBy(factor: number): void {
  if (flow !== undefined) void flow.zoomTo(flow.getZoom() * factor, { duration: 100 });
}

export function zoomTo(zoom: number): void {
  void flow?.zoomTo(zoom, { duration: 100 });
}

/** Puts the focus on a node's view; a new one is measured first, and cannot have it until then. */
export function focusNode(id: string, frames = 12): void {
  requestAnimationFrame(() => {
    const view = pane?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    view?.focus({ preventScroll: true });
    if (document.activeElement !== (view ?? null) && frames > 0) focusNode(id, frames - 1);
  });
}

export function focusPane(): void {
  pane?.focus();
}

/** Sizes of nodes as they are drawn, in pixels of the canvas. */
export function drawnSizes(): ReadonlyMap<string, Size> {
  const sizes = new Map<string, Size>();
  for (const { id, measured } of flow?.getNodes() ?? []) {
    if (measured?.width !== undefined && measured.height !== undefined) {
      sizes.set(id, { width: measured.width, height: measured.height });
    }
  }
  return sizes;
}
