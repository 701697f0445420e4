// Keys of the canvas. Single letters count only while the focus is on the canvas itself, never in a field.
import type { KeyboardEvent } from 'react';
import { isMac } from '#renderer/ui/keyboard.tsx';
import { isTyping } from '#renderer/ui/is-typing.ts';
import {
  copySelection,
  cutSelection,
  deleteSelection,
  duplicateSelection,
  nudgeSelection,
  paste,
  selectAll,
} from './canvas-actions.ts';
import { placeOf } from './canvas-document.ts';
import { activeDocument, openPalette, redo, select, undo, useCanvas } from './canvas-store.ts';
import { save } from './document-files.ts';
import { fitAll, focusNode, zoomBy, zoomTo } from './flow-view.ts';
import { neighbour } from './layout.ts';
import { runActive } from './run-build.ts';
import { tidyNow } from './tidy-now.ts';

/** Keys that count anywhere on the screen, also in fields of the inspector. */
export function onScreenKey(event: globalThis.KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey) return;
  if (!(isMac ? event.metaKey : event.ctrlKey)) {
    const free = event.target === document.body && activeDocument()?.view === 'canvas';
    if (event.key !== '/' || !free) return;
    event.preventDefault();
    openPalette();
    return;
  }
  const key = event.key.toLowerCase();
  const typing = isTyping(event.target);
  if (key === 'enter') void runActive();
  else if (key === 's') {
    if (event.shiftKey) saveAsDialog();
    else void save();
  } else if (key === 'o') openPalette({ page: 'recipes' });
  // A field undoes what was typed in it itself.
  else if (key === 'z' && !typing) (event.shiftKey ? redo : undo)();
  else if (key === 'y' && !typing) redo();
  else return;
  event.preventDefault();
}

function saveAsDialog(): void {
  const document = activeDocument();
  if (document !== undefined) {
    useCanvas.setState({ dialog: { dialog: 'save-as', key: document.key } });
  }
}

/** Keys on the canvas and its nodes. */
export function onCanvasKey(event: KeyboardEvent<HTMLElement>): void {
  if (event.defaultPrevented || isTyping(event.target)) return;
  const target = event.target as HTMLElement;
  // Sliders and choices on a node keep their own keys.
  if (target.matches('input, select, button, [role="menuitem"]')) return;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const focused = target.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  if (mod ? onModKey(event) : onPlainKey(event, focused)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

let clipboardTold = 0;

/** The system's clipboard has spoken: the keys that stand in for it are not needed. */
export function clipboardSpoke(): void {
  clipboardTold = performance.now();
}

/** Where a key brings no clipboard event (a refused clipboard, a window without an edit menu), the copy kept here serves. */
function unlessTold(run: () => void): void {
  const pressed = performance.now();
  setTimeout(() => {
    if (clipboardTold < pressed) run();
  }, 80);
}

function onModKey(event: KeyboardEvent): boolean {
  switch (event.key.toLowerCase()) {
    case 'a':
      selectAll();
      return true;
    case 'c':
      copySelection();
      return false;
    case 'x':
      unlessTold(() => cutSelection());
      return false;
    case 'v':
      unlessTold(() => paste(''));
      return false;
    case 'd':
      duplicateSelection();
      return true;
    case '0':
      zoomTo(1);
      return true;
    case '=':
    case '+':
      zoomBy(1.25);
      return true;
    case '-':
      zoomBy(0.8);
      return true;
    default:
      return false;
  }
}

const directions = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
} as const;

function onPlainKey(event: KeyboardEvent, focused: string | undefined): boolean {
  const document = activeDocument();
  if (document === undefined) return false;
  const direction = directions[event.key as keyof typeof directions];
  if (direction !== undefined) return onArrow(event, direction, focused);
  switch (event.key) {
    case '/':
    case 'a':
      openPalette();
      return true;
    case 'Delete':
    case 'Backspace':
      takeFocused(focused);
      deleteSelection();
      return true;
    case ' ':
      if (focused === undefined) return false;
      toggle(focused, event.shiftKey);
      return true;
    case 'Enter':
      if (focused === undefined) return false;
      select([focused]);
      focusInspector();
      return true;
    case 'Escape':
      if (document.selection.size + document.selectedEdges.size === 0) return false;
      select([]);
      return true;
    case 'c':
      if (focused === undefined) return false;
      openPalette({ page: 'connect', node: focused });
      return true;
    case 'm':
      if (focused === undefined) return false;
      takeFocused(focused);
      useCanvas.setState({ menu: focused });
      return true;
    case 't':
      tidyNow();
      return true;
    case 'f':
      fitAll();
      return true;
    case 'v':
    case 'h':
      useCanvas.setState({ tool: event.key === 'v' ? 'select' : 'pan' });
      return true;
    default:
      return false;
  }
}

/** Arrows move what is selected; on a node that is only focused they go to its neighbour. */
function onArrow(
  event: KeyboardEvent,
  direction: 'left' | 'right' | 'up' | 'down',
  focused: string | undefined,
): boolean {
  const document = activeDocument();
  if (document?.content.state !== 'recipe') return false;
  if (focused === undefined ? document.selection.size > 0 : document.selection.has(focused)) {
    const times = event.shiftKey ? 4 : 1;
    const dx = direction === 'left' ? -1 : direction === 'right' ? 1 : 0;
    const dy = direction === 'up' ? -1 : direction === 'down' ? 1 : 0;
    nudgeSelection(dx * times, dy * times, event.altKey);
    return true;
  }
  if (focused === undefined) return false;
  const places = new Map(
    [...document.content.nodes.values()].map((node) => [node.id, placeOf(document, node)]),
  );
  const next = neighbour(places, focused, direction);
  if (next !== undefined) focusNode(next);
  return true;
}

/** What a key is meant for: the selection when the focused node is part of it, else the focused node alone. */
function takeFocused(focused: string | undefined): void {
  const document = activeDocument();
  if (focused !== undefined && document?.selection.has(focused) === false) select([focused]);
}

function toggle(id: string, extend: boolean): void {
  const selection = activeDocument()?.selection ?? new Set<string>();
  if (selection.has(id)) select([...selection].filter((one) => one !== id));
  else select(extend ? [...selection, id] : [id]);
}

/** The first field of the inspector. */
export function focusInspector(): void {
  requestAnimationFrame(() => {
    document
      .querySelector<HTMLElement>(
        '[data-inspector] :is(button, input, select, textarea, [tabindex="0"]):not([disabled])',
      )
      ?.focus();
  });
}
