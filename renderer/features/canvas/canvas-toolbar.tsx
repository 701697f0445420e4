// The bar at the bottom of the canvas: tools, adding, tidying, undoing, zoom.
import { Panel, useStore } from '@xyflow/react';
import { FloatingToolbar, HistoryButtons } from '#renderer/ui/floating-toolbar.tsx';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import type { CanvasDocument } from './canvas-document.ts';
import css from './canvas-toolbar.module.css';
import { openPalette, redo, undo, useCanvas } from './canvas-store.ts';
import { fitAll, zoomBy, zoomTo } from './flow-view.ts';
import { tidyNow } from './tidy-now.ts';

export function CanvasToolbar({ document }: { document: CanvasDocument }) {
  const tool = useCanvas((store) => store.tool);
  const zoom = useStore((state) => state.transform[2]);
  const past = document.past.at(-1);
  const future = document.future.at(-1);
  return (
    <Panel position="bottom-center" className={css.panel ?? ''}>
      <FloatingToolbar label="Canvas">
        <button
          type="button"
          aria-pressed={tool === 'select'}
          title="Select and move (V)"
          onClick={() => useCanvas.setState({ tool: 'select' })}
        >
          Select
        </button>
        <button
          type="button"
          aria-pressed={tool === 'pan'}
          title="Pan (H), or hold the space bar"
          onClick={() => useCanvas.setState({ tool: 'pan' })}
        >
          Pan
        </button>
        <button type="button" onClick={() => openPalette()}>
          Add <Keyboard shortcut="/" />
        </button>
        <button type="button" title="Lay the steps out anew (T)" onClick={tidyNow}>
          Tidy
        </button>
        <HistoryButtons past={past} future={future} onUndo={undo} onRedo={redo} />
        <Menu
          side="top"
          trigger={
            <button type="button" className="num" aria-label={`Zoom, ${Math.round(zoom * 100)} %`}>
              {Math.round(zoom * 100)} %
            </button>
          }
          items={[
            { label: 'Zoom in', shortcut: 'Mod+=', onSelect: () => zoomBy(1.25) },
            { label: 'Zoom out', shortcut: 'Mod+-', onSelect: () => zoomBy(0.8) },
            { label: '100 %', shortcut: 'Mod+0', onSelect: () => zoomTo(1) },
            { label: 'Fit everything', shortcut: 'F', onSelect: fitAll },
          ]}
        />
      </FloatingToolbar>
    </Panel>
  );
}
