// The Router screen: manifests of the workspace, what they would decide, how well, and serving them. Deciding by words runs
// here, in this process; whatever asks a model goes through the engine host.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { createRouter, type Router } from '#src/routing/router.ts';
import type { JobPart } from './job-handlers.ts';
import { listManifests, openManifest, saveManifest } from './manifest-files.ts';
import { routerServing, type RouterServing } from './router-serving.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type RouterMethods =
  | 'listManifests'
  | 'openManifest'
  | 'saveManifest'
  | 'testRoute'
  | 'evaluateRouter'
  | 'startServing'
  | 'stopServing'
  | 'watchServer'
  | 'askRouter'
  | 'verifyPackage'
  | 'exportRouter';

export interface RouterPart {
  readonly handlers: StudioHandlers<RouterMethods>;
  /** Stops serving. */
  dispose(): Promise<void>;
}

/** Trained routers that are kept: the one that is edited, some steps of undo, another window's. */
const keptRouters = 6;

export function routerPart(parts: StudioParts, jobs: Pick<JobPart, 'start'>): RouterPart {
  const { files, workspace } = parts;
  const routers = new Map<string, Promise<Router>>();
  const serving: RouterServing = routerServing(parts);
  void jobs;

  /** The trained router of a manifest as it is edited. */
  const routerOf = (path: string, manifest: RouterManifest): Promise<Router> => {
    const key = `${path}\n${JSON.stringify(manifest)}`;
    const known = routers.get(key);
    if (known !== undefined) return known;
    const made = createRouter(manifest);
    routers.set(key, made);
    made.catch(() => routers.delete(key));
    const [oldest] = routers.keys();
    if (routers.size > keptRouters && oldest !== undefined) routers.delete(oldest);
    return made;
  };

  return {
    dispose: () => serving.dispose(),
    handlers: {
      listManifests: (_params, { signal }) => listManifests(files, workspace().folder, signal),
      openManifest: async ({ file }) => openManifest(files, await files.pathOf(file)),
      async saveManifest({ file, manifest, sha256 }) {
        refuseReadOnly(workspace());
        const path = await files.pathOf(file);
        return saveManifest(files, path, manifest, sha256);
      },
      async testRoute({ file, manifest, text, turns }, { signal }) {
        const router = await routerOf(await files.pathOf(file), manifest);
        return router.decide(text, { turns: turns.map((route) => ({ text: '', route })), signal });
      },
      evaluateRouter() {
        throw new StudioError('studio/not-here', 'Measuring is not built in yet.');
      },
      ...serving.handlers,
      verifyPackage() {
        throw new StudioError('studio/not-here', 'Verifying is not built in yet.');
      },
      exportRouter() {
        throw new StudioError('studio/not-here', 'Exporting is not built in yet.');
      },
    },
  };
}
