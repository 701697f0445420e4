// Several nodes at once: what can be done with all of them.
import { Button } from '#renderer/ui/button.tsx';
import {
  copySelection,
  cutSelection,
  deleteSelection,
  duplicateSelection,
  writeClipboard,
} from './canvas-actions.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { select } from './canvas-store.ts';
import css from './inspector.module.css';
import { kindNames, titleOf } from './node-text.ts';

export function InspectSeveral({ document }: { document: CanvasDocument }) {
  if (document.content.state !== 'recipe') return null;
  const { nodes } = document.content;
  const chosen = [...document.selection].flatMap((id) => nodes.get(id) ?? []);
  return (
    <>
      <header className={css.head}>
        <span className="label">Selection</span>
        <h2>{chosen.length} nodes</h2>
      </header>
      <div className={css.row}>
        <Button onClick={() => void writeClipboard(copySelection())}>Copy</Button>
        <Button onClick={() => void writeClipboard(cutSelection())}>Cut</Button>
        <Button onClick={duplicateSelection}>Duplicate</Button>
        <Button variant="danger" onClick={deleteSelection}>
          Delete
        </Button>
      </div>
      <ul className={css.problems}>
        {chosen.slice(0, 100).map((node) => (
          <li key={node.id}>
            <Button variant="quiet" onClick={() => select([node.id])}>
              {kindNames[node.kind]} · {titleOf(node)}
            </Button>
          </li>
        ))}
      </ul>
      {chosen.length > 100 && <p className={css.text}>and {chosen.length - 100} more</p>}
    </>
  );
}
