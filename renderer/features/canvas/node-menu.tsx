// The menu of a node, a selection or the empty canvas: by the secondary click, or by `m` on the focused node.
import { useEffect, useRef, useState } from 'react';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import {
  copySelection,
  cutSelection,
  deleteSelection,
  duplicateSelection,
  isSource,
  pasteFromClipboard,
  selectAll,
  writeClipboard,
} from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { focusInspector } from './canvas-keys.ts';
import { activeDocument, openPalette, select, useCanvas } from './canvas-store.ts';
import { canvasPoint, fitAll, focusNode, focusPane } from './flow-view.ts';
import css from './node-menu.module.css';
import { shortName } from './node-text.ts';
import { tidyNow } from './tidy-now.ts';

interface OpenMenu {
  readonly x: number;
  readonly y: number;
  /** The node that it belongs to; undefined on the empty canvas. */
  readonly node: string | undefined;
}

type Entry =
  | {
      readonly label: string;
      readonly keys?: string;
      readonly danger?: boolean;
      readonly run: () => void;
    }
  | 'line';

export function NodeMenu({ document: recipe }: { document: CanvasDocument }) {
  const asked = useCanvas((store) => store.menu);
  const [open, setOpen] = useState<OpenMenu | undefined>();
  const list = useRef<HTMLDivElement>(null);

  // By the keyboard: beside the node.
  useEffect(() => {
    if (asked === undefined) return;
    useCanvas.setState({ menu: undefined });
    const box = nodeElement(asked)?.getBoundingClientRect();
    if (box !== undefined) setOpen({ x: box.left + 24, y: box.top + 40, node: asked });
  }, [asked]);

  // By the secondary button.
  useEffect(() => {
    const onContextMenu = (event: MouseEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest('.react-flow') === null) return;
      event.preventDefault();
      const node = target.closest<HTMLElement>('.react-flow__node')?.dataset.id;
      if (node !== undefined && activeDocument()?.selection.has(node) === false) select([node]);
      setOpen({ x: event.clientX, y: event.clientY, node });
    };
    window.addEventListener('contextmenu', onContextMenu);
    return () => window.removeEventListener('contextmenu', onContextMenu);
  }, []);

  useEffect(() => {
    if (open === undefined) return;
    list.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!(event.target instanceof Node) || list.current?.contains(event.target) !== true) {
        setOpen(undefined);
      }
    };
    window.addEventListener('pointerdown', onPointer, true);
    return () => window.removeEventListener('pointerdown', onPointer, true);
  }, [open]);

  if (open === undefined) return null;
  const close = (back = true) => {
    setOpen(undefined);
    if (!back) return;
    if (open.node === undefined) focusPane();
    else focusNode(open.node);
  };
  const entries = entriesFor(recipe, open);
  return (
    <div
      ref={list}
      className={css.menu}
      role="menu"
      aria-label={open.node === undefined ? 'Canvas' : 'Node'}
      style={{
        left: Math.min(open.x, window.innerWidth - 240),
        top: Math.min(open.y, Math.max(8, window.innerHeight - entries.length * 30 - 24)),
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        const items = [...(list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
        const at = items.indexOf(event.target as HTMLElement);
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step !== undefined) {
          event.preventDefault();
          items[(at + step + items.length) % items.length]?.focus();
        } else if (event.key === 'Home' || event.key === 'End') {
          event.preventDefault();
          items.at(event.key === 'Home' ? 0 : -1)?.focus();
        } else if (event.key === 'Escape' || event.key === 'Tab') {
          event.preventDefault();
          close();
        }
      }}
    >
      {entries.map((entry, index) =>
        entry === 'line' ? (
          <hr key={index} className={css.line} />
        ) : (
          <button
            key={entry.label}
            type="button"
            role="menuitem"
            tabIndex={-1}
            className={classNames(css.item, entry.danger === true && css.danger)}
            onPointerEnter={(event) => event.currentTarget.focus()}
            onClick={() => {
              close(false);
              entry.run();
            }}
          >
            <span>{entry.label}</span>
            {entry.keys !== undefined && <Keyboard shortcut={entry.keys} />}
          </button>
        ),
      )}
    </div>
  );
}

function nodeElement(id: string): HTMLElement | null {
  return document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
}

function entriesFor(recipe: CanvasDocument, open: OpenMenu): Entry[] {
  const at = canvasPoint(open.x, open.y);
  if (open.node === undefined || recipe.content.state !== 'recipe') {
    return [
      { label: 'Add a step…', keys: '/', run: () => openPalette({ page: 'root', at }) },
      { label: 'Paste', keys: 'Mod+V', run: () => void pasteFromClipboard(at) },
      { label: 'Select all', keys: 'Mod+A', run: selectAll },
      'line',
      { label: 'Tidy', keys: 'T', run: tidyNow },
      { label: 'Fit everything', keys: 'F', run: fitAll },
    ];
  }
  const id = open.node;
  const node = recipe.content.nodes.get(id);
  const several = recipe.selection.size > 1;
  return [
    ...(several || node === undefined
      ? []
      : [
          { label: 'Options', keys: 'Enter', run: () => (select([id]), focusInspector()) },
          { label: 'Wires…', keys: 'C', run: () => openPalette({ page: 'connect', node: id }) },
          ...(isSource(node.kind)
            ? [
                {
                  label: 'Choose another file…',
                  run: () =>
                    isSource(node.kind) &&
                    openPalette({ page: 'source', kind: node.kind, node: id }),
                },
              ]
            : []),
          'line' as const,
        ]),
    { label: 'Copy', keys: 'Mod+C', run: () => void writeClipboard(copySelection()) },
    { label: 'Cut', keys: 'Mod+X', run: () => void writeClipboard(cutSelection()) },
    { label: 'Duplicate', keys: 'Mod+D', run: duplicateSelection },
    'line',
    {
      label: several
        ? `Delete ${recipe.selection.size} nodes`
        : `Delete ${node === undefined ? 'node' : shortName(node)}`,
      keys: 'Delete',
      danger: true,
      run: deleteSelection,
    },
  ];
}
