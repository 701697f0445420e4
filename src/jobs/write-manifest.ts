// Writes the router manifest of a family beside its parents. What a build knows is written anew each time; what people
// set by hand (policy, thresholds, companions, classifier, fallback) is kept.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BuiltFile } from '#src/contract/build.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { adapterName, baseName } from '#src/recipe/node-names.ts';
import type { PlannedFamily, PlannedPass } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import {
  routerManifestSchema,
  type ManifestParent,
  type RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { buildRouterManifest, type RouteDescription } from '#src/stages/package/build-manifest.ts';
import { adaptersOf, routeId } from './describe-output.ts';
import { sourceOf } from './open-model.ts';
import type { OutputTask } from './pass-context.ts';
import type { RecipeSources } from './recipe-sources.ts';

/** A finished output of a package. */
export interface FinishedOutput {
  readonly pass: PlannedPass;
  readonly task: OutputTask;
  readonly file: BuiltFile;
}

export const manifestFileName = 'router.json';

/** Writes `router.json` of a family; gives its path and whether it was current already. Throws `output/exists`. */
export async function writeManifest(
  family: PlannedFamily,
  finished: readonly FinishedOutput[],
  folder: string,
  sources: RecipeSources,
  overwrite: boolean,
): Promise<{ path: string; reused: boolean }> {
  const path = join(folder, manifestFileName);
  const own = finished.filter(({ task }) =>
    family.packages.some(({ id }) => id === task.output.package?.id),
  );
  const [first, ...others] = own.map((output) => parentOf(output, folder, sources));
  invariant(first !== undefined, 'a family has parents');
  const made = buildRouterManifest({
    name: family.node.name,
    parents: [first, ...others],
    routes: own.flatMap(routesOf),
    emotion: family.node.emotion,
  });
  const existing = await readExisting(path, family.node, overwrite);
  const text = `${JSON.stringify(existing === undefined ? made : withChoices(made, existing.manifest), null, 2)}\n`;
  if (existing?.text === text) return { path, reused: true };
  await makeFolder(folder);
  await writeFileAtomically(path, text);
  return { path, reused: false };
}

function parentOf(
  { pass, task, file }: FinishedOutput,
  folder: string,
  sources: RecipeSources,
): ManifestParent {
  const { output } = task;
  const place = relative(folder, task.path).replaceAll('\\', '/');
  return {
    id: place.replace(/\.gguf$/, ''),
    domain: file.domain ?? '',
    base: baseName(pass.model.base).name,
    file: place,
    sha256: file.sha256,
    bytes: file.bytes,
    quantization: file.level,
    ...(file.contextWindow === undefined ? {} : { contextWindow: file.contextWindow }),
    adapters: adaptersOf(pass, output).map((adapter) => ({
      id: routeId(adapter, output),
      domain: adapter.domain ?? file.domain ?? '',
      subdomain: adapterName(adapter),
      scale: adapter.scale,
      sha256: sourceOf(sources, adapter.id).sha256,
      source: output.package?.form ?? 'merged',
    })),
  };
}

function routesOf({ pass, task }: FinishedOutput): RouteDescription[] {
  return adaptersOf(pass, task.output).flatMap((adapter: NodeOf<'adapter'>) =>
    adapter.route === undefined
      ? []
      : [{ ...adapter.route, adapterId: routeId(adapter, task.output) }],
  );
}

async function readExisting(
  path: string,
  node: NodeOf<'family'>,
  overwrite: boolean,
): Promise<{ text: string; manifest: RouterManifest } | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw toIoError(error, path);
  });
  if (text === undefined) return undefined;
  const manifest = parseManifest(text);
  if (manifest?.name === node.name) return { text, manifest };
  if (overwrite) return undefined;
  throw new StudioError(
    'output/exists',
    manifest === undefined
      ? `${path} exists and is not a router manifest.`
      : `${path} is the manifest of "${manifest.name}", not of "${node.name}".`,
    { hint: 'Choose another output folder, or replace it with --overwrite.' },
  );
}

function parseManifest(text: string): RouterManifest | undefined {
  try {
    return routerManifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What people set by hand survives, as long as it still points to something. */
function withChoices(made: RouterManifest, old: RouterManifest): RouterManifest {
  const parents = new Set(made.parents.map(({ id }) => id));
  const preload = old.policy.preload.filter((id) => parents.has(id));
  const routes = new Map(old.routes.map((route) => [route.id, route]));
  return {
    ...made,
    companions: old.companions,
    classifier: old.classifier,
    fallback: parents.has(old.fallback.parent) ? old.fallback : made.fallback,
    policy: { ...old.policy, preload: preload.length > 0 ? preload : made.policy.preload },
    routes: made.routes.map((route) => {
      const { threshold, systemPrompt, sampling } = routes.get(route.id) ?? {};
      return {
        ...(threshold === undefined ? {} : { threshold }),
        ...(systemPrompt === undefined ? {} : { systemPrompt }),
        ...(sampling === undefined ? {} : { sampling }),
        ...route,
      };
    }),
  };
}
