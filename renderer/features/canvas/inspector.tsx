// The right-hand side: options of the selected node, actions for several, or the whole recipe when nothing is selected.
import { memo } from 'react';
import { ResizeHandle, useStoredSize } from '#renderer/ui/resize-handle.tsx';
import type { CanvasDocument } from './canvas-document.ts';
import { InspectNode } from './inspect-node.tsx';
import { InspectRecipe } from './inspect-recipe.tsx';
import { InspectSeveral } from './inspect-several.tsx';
import css from './inspector.module.css';

export const Inspector = memo(function Inspector({ document }: { document: CanvasDocument }) {
  const [width, setWidth] = useStoredSize('canvas-inspector', 300);
  const most = Math.max(280, Math.min(640, window.innerWidth - 480));
  const shown = Math.min(most, Math.max(240, width));
  const [only] = document.selection;
  const node =
    document.content.state === 'recipe' && document.selection.size === 1 && only !== undefined
      ? document.content.nodes.get(only)
      : undefined;
  return (
    <>
      <ResizeHandle
        label="Width of the inspector"
        orientation="vertical"
        value={shown}
        minimum={240}
        maximum={most}
        onChange={setWidth}
      />
      <aside
        className={css.inspector}
        style={{ width: shown }}
        aria-label="Inspector"
        data-inspector=""
        // A scrolled area without a control in it would be out of reach of the keyboard.
        tabIndex={-1}
      >
        {node !== undefined ? (
          <InspectNode key={node.id} node={node} document={document} />
        ) : document.selection.size > 1 ? (
          <InspectSeveral document={document} />
        ) : (
          <InspectRecipe document={document} />
        )}
      </aside>
    </>
  );
});
