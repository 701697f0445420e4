// The Router screen: manifests of the workspace, what they would decide, how well, and serving them. Deciding by words runs
// here, in this process; whatever asks a model goes through the engine host.
import { dirname, join, relative } from 'node:path';
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ManifestDocument } from '#src/contract/studio/router.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { titleOfRequest } from '#src/jobs/run-request.ts';
import { exportRouter } from '#src/packaging/export/export-router.ts';
import { writeExport } from '#src/packaging/export/write-export.ts';
import type { RouterExport } from '#src/packaging/export/router-export.ts';
import { emotionalContext } from '#src/routing/emotion/apply-tone.ts';
import { evaluateRouter } from '#src/routing/evaluation/evaluate-router.ts';
import { applyRoutingSet } from '#src/routing/manifest/apply-routing-set.ts';
import { createRouter, type Router } from '#src/routing/router.ts';
import {
  trainThresholds,
  type CalibrationPrompts,
} from '#src/routing/thresholds/train-thresholds.ts';
import type { JobPart } from './job-handlers.ts';
import { listManifests, openManifest, readManifest, saveManifest } from './manifest-files.ts';
import { routerEmotions } from './router-emotions.ts';
import { embedTextsOf, findRoutingSet } from './router-texts.ts';
import { routerServing, type RouterServing } from './router-serving.ts';
import { addEmbeddingModel } from './router-embedding.ts';
import { measureLexicon } from './measure-lexicon.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';
import { watchFiles } from './watched-files.ts';

type RouterMethods =
  | 'listManifests'
  | 'openManifest'
  | 'saveManifest'
  | 'testRoute'
  | 'evaluateRouter'
  | 'trainRouter'
  | 'startServing'
  | 'stopServing'
  | 'watchServer'
  | 'askRouter'
  | 'verifyPackage'
  | 'exportRouter'
  | 'saveExport'
  | 'addEmbeddingModel'
  | 'measureLexicon';

export interface RouterPart {
  readonly handlers: StudioHandlers<RouterMethods>;
  /** Stops serving. */
  dispose(): Promise<void>;
}

/** Trained routers that are kept: the one that is edited, some steps of undo, another window's. */
const keptRouters = 6;

export function routerPart(parts: StudioParts, jobs: Pick<JobPart, 'start'>): RouterPart {
  const { files, hosts, watchers, workspace } = parts;
  const watched = watchFiles((path, sha256) =>
    watchers.send({ event: 'manifest-changed', file: files.reference(path).id, sha256 }),
  );
  const followed = (document: ManifestDocument): ManifestDocument => {
    watched.follow(document.file.path, document.sha256);
    return document;
  };
  const routers = new Map<string, Promise<Router>>();
  const emotions = routerEmotions(hosts.engine.call);
  const serving: RouterServing = routerServing(parts);
  let lexicon: ReturnType<typeof measureLexicon> | undefined;

  /** The trained router of a manifest as it is edited. */
  const routerOf = (path: string, manifest: RouterManifest): Promise<Router> => {
    const key = `${path}\n${JSON.stringify(manifest)}`;
    const known = routers.get(key);
    if (known !== undefined) return known;
    const made = createRouter(deciding(manifest), embedTextsOf(manifest, path, hosts.engine));
    routers.set(key, made);
    made.catch(() => routers.delete(key));
    const [oldest] = routers.keys();
    if (routers.size > keptRouters && oldest !== undefined) routers.delete(oldest);
    return made;
  };

  return {
    dispose() {
      watched.close();
      return Promise.all([serving.dispose(), emotions.dispose()]).then(() => undefined);
    },
    handlers: {
      listManifests: (_params, { signal }) => listManifests(files, workspace().folder, signal),
      openManifest: async ({ file }) =>
        followed(await openManifest(files, await files.pathOf(file))),
      async saveManifest({ file, manifest, sha256 }) {
        refuseReadOnly(workspace());
        return followed(await saveManifest(files, await files.pathOf(file), manifest, sha256));
      },
      async testRoute({ file, manifest, text, turns }, { signal }) {
        const path = await files.pathOf(file);
        const router = await routerOf(path, manifest);
        const earlier = turns.map((route) => ({ text: '', route }));
        const decision = await router.decide(text, { turns: earlier, signal });
        const felt = await emotions.read(path, manifest, text, signal);
        if (felt === undefined) return decision;
        return { ...decision, emotion: emotionalContext(manifest, decision.route, felt) };
      },
      async evaluateRouter({ file, manifest, moved }, { signal }) {
        const path = await files.pathOf(file);
        const set = await findRoutingSet(manifest, workspace().folder);
        const held = withoutMoved(set, new Set(moved.map(({ text }) => text)));
        const embed = embedTextsOf(manifest, path, hosts.engine);
        return (await evaluateRouter(deciding(manifest), held, embed, signal)).evaluation;
      },
      async trainRouter({ file, manifest, examples }) {
        const path = await files.pathOf(file);
        // Examples alone are enough for thresholds: a set that knows the routes only adds prompts to them.
        const set = await findRoutingSet(manifest, workspace().folder).catch((error: unknown) => {
          if (!examples && error instanceof StudioError && error.code === 'routing/set') return;
          throw error;
        });
        const learned = examples && set !== undefined ? applyRoutingSet(manifest, set) : manifest;
        const embed = embedTextsOf(manifest, path, hosts.engine);
        const held = set === undefined ? undefined : calibrationOf(set);
        const thresholds = await trainThresholds(deciding(learned), held, embed);
        return {
          ...learned,
          routes: learned.routes.map((route) => {
            const threshold = thresholds.get(route.id);
            return threshold === undefined ? route : { ...route, threshold };
          }),
        };
      },
      ...serving.handlers,
      async verifyPackage({ file }) {
        const path = await files.pathOf(file);
        const request = { kind: 'verify', params: { path, updateChecksums: false } } as const;
        const folder = workspace().folder;
        const title = titleOfRequest(request);
        return jobs.start({ kind: 'verify', title, origin: 'window', folder, request }, request);
      },
      async exportRouter({ file, format }) {
        const path = await files.pathOf(file);
        const { manifest } = await readManifest(path);
        const family = dirname(path);
        const places = { family, adapters: join(family, 'adapters') };
        const exported = exportRouter(manifest, format, places);
        return {
          files: exported.files.map(({ name, text }) => ({ name, text })),
          notices: [...exported.notices, ...missingParts(exported)],
        };
      },
      async saveExport({ file, format, folder, overwrite }, { signal, emit }) {
        const path = await files.pathOf(file);
        const { manifest } = await readManifest(path);
        const family = dirname(path);
        // A folder of its own: two formats of one family do not mix, and nothing of somebody else's lies in it.
        const name = fileNamePart(manifest.name) || 'family';
        const target = join(await files.pathOf(folder), `${name}-${format}`);
        const places = { family, adapters: join(target, 'adapters') };
        const written = await writeExport(exportRouter(manifest, format, places), {
          family,
          folder: target,
          overwrite,
          signal,
          emit(event) {
            if (event.event === 'phase') emit(event);
          },
        }).catch((error: unknown) => {
          throw withoutOptions(error);
        });
        await files.allow(target);
        return {
          folder: await files.admit(target),
          files: written.map((one) => relative(target, one).replaceAll('\\', '/')),
        };
      },
      async addEmbeddingModel({ file, model }, { signal, emit }) {
        refuseReadOnly(workspace());
        const folder = dirname(await files.pathOf(file));
        const chosen = await files.pathOf(model);
        const say = (phase: string, detail?: string) =>
          emit({ event: 'phase', phase, ...(detail === undefined ? {} : { detail }) });
        return addEmbeddingModel({ folder, model: chosen, signal, say }, hosts);
      },
      measureLexicon: () => (lexicon ??= measureLexicon()),
    },
  };
}

/** Without what no decision is made by: a voice whose vocoder is missing keeps nobody from editing routes. */
function deciding(manifest: RouterManifest): RouterManifest {
  return { ...manifest, companions: [] };
}

/** A window has a button where the command line has an option. */
function withoutOptions(error: unknown): unknown {
  if (!(error instanceof StudioError) || error.code !== 'output/exists') return error;
  return new StudioError('output/exists', error.message, {
    hint: 'Choose another folder, or replace what is there.',
    details: error.details,
    cause: error,
  });
}

/** What of a name can be part of a file's on every system. */
function fileNamePart(name: string): string {
  return name
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 60);
}

/** Texts alone are not all that the other server needs: what else is said. */
function missingParts({ adapters, copies }: RouterExport): string[] {
  return [
    ...(adapters.length === 0
      ? []
      : [
          `${adapters.length === 1 ? 'One adapter has' : `${adapters.length} adapters have`} to be taken out of the parents: saving to a folder does that.`,
        ]),
    ...(copies.length === 0
      ? []
      : [
          `Saving to a folder copies what belongs beside it: ${copies.map(({ file }) => file).join(', ')}.`,
        ]),
  ];
}

/** A prompt that a person moved is an example now, whichever way it is worded; it tests nothing any more. */
function withoutMoved(set: RoutingSet, moved: ReadonlySet<string>): RoutingSet {
  const held = (prompts: readonly string[]) => prompts.filter((text) => !moved.has(text));
  return {
    ...set,
    routes: Object.fromEntries(
      Object.entries(set.routes).map(([id, prompts]) => [
        id,
        { ...prompts, test: held(prompts.test) },
      ]),
    ),
    offTopic: { ...set.offTopic, test: held(set.offTopic.test) },
  };
}

function calibrationOf({ routes, offTopic }: RoutingSet): CalibrationPrompts {
  return {
    routes: Object.fromEntries(
      Object.entries(routes).map(([id, { calibration }]) => [id, calibration ?? []]),
    ),
    offTopic: offTopic.calibration ?? [],
  };
}
