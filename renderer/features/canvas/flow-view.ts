// The React Flow instance in front, for what happens outside of its components: placing a new node in sight, fitting,
// bringing a node into view. Undefined while no canvas is drawn.
import type { ReactFlowInstance, Viewport } from '@xyflow/react';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { grid, snap, type Size } from './layout.ts';

let flow: ReactFlowInstance | undefined;
let pane: HTMLElement | undefined;
/** Since everything was last fitted into the view. */
let moved = false;
/** A window that is being resized rests this many milliseconds before the view follows. */
const resizeRest = 120;

export function setFlow(
  instance: ReactFlowInstance | undefined,
  element?: HTMLElement | null,
): void {
  flow = instance;
  pane = element ?? undefined;
  moved = false;
}

/** Someone looks at a part of their own choice: a new size of the window leaves it alone while there is something in it. */
export function viewWasMoved(): void {
  moved = true;
}

/** Fits the view again when its area's size changes and nobody has moved it, or nothing would be in sight. Returns how to stop. */
export function fitOnResize(element: HTMLElement): () => void {
  let size = { width: element.clientWidth, height: element.clientHeight };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const observer = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = element;
    // Another screen is in front, or this is the size that was there already.
    if (width === 0 || (width === size.width && height === size.height)) return;
    size = { width, height };
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (flow === undefined) return;
      const boxes = flow.getNodes().map(({ position, measured }) => ({ ...position, ...measured }));
      if (!moved || !isAnyInSight(boxes, flow.getViewport(), size)) void flow.fitView(fitted);
    }, resizeRest);
  });
  observer.observe(element);
  return () => {
    observer.disconnect();
    clearTimeout(timer);
  };
}

interface Box extends Position {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** Whether any of the boxes (canvas pixels) reaches into an area of `size` (window pixels). Pure. */
export function isAnyInSight(boxes: readonly Box[], { x, y, zoom }: Viewport, size: Size): boolean {
  return boxes.some((box) => {
    const left = box.x * zoom + x;
    const top = box.y * zoom + y;
    const right = left + (box.width ?? 0) * zoom;
    const bottom = top + (box.height ?? 0) * zoom;
    return right > 0 && bottom > 0 && left < size.width && top < size.height;
  });
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

/** Everything in sight, nothing larger than life, and nothing under the toolbar. */
export const fitted = {
  padding: { top: 0.06, x: 0.06, bottom: '72px' },
  maxZoom: 1,
} as const;

export function fitAll(): void {
  moved = false;
  void flow?.fitView({ ...fitted, duration: 150 });
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
    moved = true;
    void flow.setCenter(place.x + width / 2, place.y + height / 2, { zoom, duration: 150 });
  }
}

export function zoomBy(factor: number): void {
  moved = true;
  if (flow !== undefined) void flow.zoomTo(flow.getZoom() * factor, { duration: 100 });
}

export function zoomTo(zoom: number): void {
  moved = true;
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
