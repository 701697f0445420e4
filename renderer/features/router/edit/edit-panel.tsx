// The panel that edits what is chosen in the graph; the router as a whole when nothing is.
import type { RouterDocument } from '../logic/router-document.ts';
import { parentOf, routeOf } from '../logic/edit-manifest.ts';
import { useRouter } from '../state/router-store.ts';
import { EditCompanion } from './edit-companion.tsx';
import { EditNone } from './edit-none.tsx';
import { EditParent } from './edit-parent.tsx';
import { EditRoute } from './edit-route.tsx';
import { EditRouter } from './edit-router.tsx';
import css from './edit.module.css';

export function EditPanel({ document }: { document: RouterDocument }) {
  const selection = useRouter((store) => store.selection);
  const { manifest } = document;
  const content = () => {
    if (selection?.kind === 'route') {
      const route = routeOf(manifest, selection.id);
      if (route !== undefined)
        return <EditRoute key={route.id} route={route} manifest={manifest} />;
    }
    if (selection?.kind === 'parent') {
      const parent = parentOf(manifest, selection.id);
      if (parent !== undefined) {
        return <EditParent key={parent.id} parent={parent} document={document} />;
      }
    }
    if (selection?.kind === 'companion') {
      const companion = manifest.companions[selection.index];
      if (companion !== undefined) {
        return <EditCompanion companion={companion} index={selection.index} />;
      }
    }
    if (selection?.kind === 'none') return <EditNone manifest={manifest} />;
    return <EditRouter manifest={manifest} />;
  };
  return <div className={css.panel}>{content()}</div>;
}
