// Everything that can be done on the canvas, as the palette lists it.
import {
  copySelection,
  cutSelection,
  deleteSelection,
  duplicateSelection,
  pasteFromClipboard,
  selectAll,
  writeClipboard,
} from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { changeDocument, openPalette, redo, undo, useCanvas } from './canvas-store.ts';
import { close, pickAndOpen, save } from './document-files.ts';
import { fitAll, zoomBy, zoomTo } from './flow-view.ts';
import { planNow } from './plan-build.ts';
import { cancelActive, runActive } from './run-build.ts';
import { tidyNow } from './tidy-now.ts';

export interface CanvasCommand {
  readonly title: string;
  readonly keys?: string;
  readonly run: () => void;
}

/** Commands that mean something now. */
export function canvasCommands(document: CanvasDocument | undefined): readonly CanvasCommand[] {
  const files: readonly CanvasCommand[] = [
    { title: 'New recipe…', run: () => useCanvas.setState({ dialog: { dialog: 'new' } }) },
    { title: 'Open a recipe…', keys: 'Mod+O', run: () => openPalette({ page: 'recipes' }) },
    { title: 'Open a recipe file…', run: () => void pickAndOpen() },
  ];
  if (document === undefined) return files;
  const { key, selection, past, future } = document;
  const [only] = selection;
  const chosen: readonly CanvasCommand[] =
    selection.size + document.selectedEdges.size === 0
      ? []
      : [
          ...(selection.size === 1 && only !== undefined
            ? [
                {
                  title: 'Connect to…',
                  keys: 'C',
                  run: () => openPalette({ page: 'connect', node: only }),
                },
              ]
            : []),
          { title: 'Copy', keys: 'Mod+C', run: () => void writeClipboard(copySelection()) },
          { title: 'Cut', keys: 'Mod+X', run: () => void writeClipboard(cutSelection()) },
          { title: 'Duplicate', keys: 'Mod+D', run: duplicateSelection },
          { title: 'Delete', keys: 'Delete', run: deleteSelection },
        ];
  return [
    ...chosen,
    { title: 'Run', keys: 'Mod+Enter', run: () => void runActive() },
    { title: 'Cancel the run', run: () => void cancelActive() },
    { title: 'Validate', run: () => void planNow(key) },
    ...(past.length === 0 ? [] : [{ title: 'Undo', keys: 'Mod+Z', run: undo }]),
    ...(future.length === 0 ? [] : [{ title: 'Redo', keys: 'Mod+Shift+Z', run: redo }]),
    { title: 'Paste', keys: 'Mod+V', run: () => void pasteFromClipboard() },
    { title: 'Select all', keys: 'Mod+A', run: selectAll },
    { title: 'Tidy', keys: 'T', run: tidyNow },
    { title: 'Fit everything', keys: 'F', run: fitAll },
    { title: 'Zoom in', keys: 'Mod+=', run: () => zoomBy(1.25) },
    { title: 'Zoom out', keys: 'Mod+-', run: () => zoomBy(0.8) },
    { title: 'Zoom to 100 %', keys: 'Mod+0', run: () => zoomTo(1) },
    { title: 'Save', keys: 'Mod+S', run: () => void save() },
    {
      title: 'Save as…',
      keys: 'Mod+Shift+S',
      run: () => useCanvas.setState({ dialog: { dialog: 'save-as', key } }),
    },
    {
      title: document.view === 'text' ? 'Show as canvas' : 'Show as text',
      run: () =>
        changeDocument(key, (current) => ({
          ...current,
          view: current.view === 'text' && current.content.state === 'recipe' ? 'canvas' : 'text',
        })),
    },
    { title: 'Close the recipe', run: () => void close(key) },
    ...files,
  ];
}
