// Edits that the graph, the matrix, the chat and the panel share, each one a step that can be undone.
import { emotionLabels } from '#src/contract/routing/manifest.ts';
import { notify } from '#renderer/ui/notify.ts';
import {
  adapterFor,
  parentOf,
  remap,
  remapFallback,
  removeRoute,
  switchable,
  switchEmotion,
  withExample,
  withMoved,
  type RouteTarget,
} from '../logic/edit-manifest.ts';
import { parentNames, shortOf } from '../logic/route-names.ts';
import { edit, openManifestNow, useRouter } from './router-store.ts';

/** Sends a route (null: what no route takes) to a parent; without an adapter, to the one that fits its name. */
export function sendTo(route: string | null, parentId: string, adapter?: string): void {
  const manifest = openManifestNow()?.manifest;
  const parent = manifest === undefined ? undefined : parentOf(manifest, parentId);
  if (parent === undefined) return;
  const fitting = adapter ?? (route === null ? undefined : adapterFor(parent, route));
  sendToTarget(route, { parent: parentId, adapter: fitting });
  if (route !== null && fitting === undefined && switchable(parent).length > 1) {
    notify.info(
      `${shortOf(route)} now goes to ${parentNames(manifest?.parents ?? []).get(parentId) ?? parentId} without an adapter. Drop the edge on an adapter, or choose one in its panel.`,
    );
  }
}

export function sendToTarget(route: string | null, target: RouteTarget): void {
  if (route === null) {
    edit((manifest) => remapFallback(manifest, target), { step: 'Re-map none of these' });
  } else {
    edit((manifest) => remap(manifest, route, target), { step: `Re-map ${shortOf(route)}` });
  }
}

/** A prompt of the held-out set becomes an example of another route and is tested on no more. */
export function movePrompt(text: string, route: string | null): void {
  const document = openManifestNow();
  if (document === undefined) return;
  edit((manifest) => withExample(manifest, text, route), {
    step: route === null ? 'Move a prompt to none of these' : `Move a prompt to ${shortOf(route)}`,
    moved: withMoved(document.moved, { text, route }),
  });
}

/** Takes a route out; what was chosen is let go. */
export function dropRoute(id: string): void {
  edit((manifest) => removeRoute(manifest, id), { step: `Remove ${shortOf(id)}` });
  useRouter.setState({ selection: undefined });
  notify.info(`${shortOf(id)} is removed. Undo brings it back.`);
}

export function switchEmotionTo(on: boolean): void {
  edit((manifest) => switchEmotion(manifest, on, emotionLabels), {
    step: on ? 'Turn emotion on' : 'Turn emotion off',
  });
}

/** A prompt of the chat teaches the router: an example of the route that was right. */
export function keepAsExample(text: string, route: string): void {
  edit((manifest) => withExample(manifest, text, route), {
    step: `Add an example to ${shortOf(route)}`,
  });
  notify.success(`An example of ${shortOf(route)} now. Save and serve to use it.`);
}
