// A family as a package: its parents in one folder, router.json, companions, model card and checksums. What a build knows is
// written anew each time; what people set by hand is kept (src/packaging/keep-choices.ts).
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { BuiltFile } from '#src/contract/build.ts';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { ManifestParent, RouterManifest } from '#src/contract/routing/manifest.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { pathInside } from '#src/io/is-inside.ts';
import { readRun } from '#src/io/run-store.ts';
import { copyInto } from '#src/packaging/copy-into.ts';
import { writePackage } from '#src/packaging/write-package.ts';
import { adapterName, baseName } from '#src/recipe/node-names.ts';
import type { PlannedFamily, PlannedPass } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import { trainThresholds } from '#src/routing/thresholds/train-thresholds.ts';
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

/** Prompts of a routing set; the largest that people wrote have a few hundred kilobytes. */
const maximumSetBytes = 32 << 20;

export interface FamilyContext {
  /** Where the recipe's relative paths start. */
  readonly folder: string;
  readonly sources: RecipeSources;
  /** Evaluate steps that have measured; the model card shows what is of this family. */
  readonly measured: readonly MeasuredNode[];
  readonly overwrite: boolean;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/**
 * Writes a family's package; gives the path of its router.json and whether all was current already. Throws
 * `output/exists`, `companion/mismatch`, `companion/missing`, `build/conflict`, `routing/set` and I/O errors.
 */
export async function writeManifest(
  family: PlannedFamily,
  finished: readonly FinishedOutput[],
  context: FamilyContext,
): Promise<{ path: string; reused: boolean }> {
  const { node } = family;
  const folder = resolve(context.folder, node.folder);
  const own = finished.filter(({ task }) =>
    family.packages.some(({ id }) => id === task.output.package?.id),
  );
  const places = await gather(own, folder, context);
  const [first, ...others] = own.map((output, index) =>
    parentOf(output, places[index] ?? '', context.sources),
  );
  invariant(first !== undefined, 'a family has parents');
  const set = node.routing === undefined ? undefined : await readRoutingSet(resolve(context.folder, node.routing)); // prettier-ignore
  const untrained = buildRouterManifest({
    name: node.name,
    parents: [first, ...others],
    routes: own.flatMap(routesOf).map((route) => withPrompts(route, set)),
    emotion: node.emotion,
    ...(set === undefined ? {} : { offTopic: set.offTopic.train ?? [] }),
  });
  const made = set === undefined ? untrained : await withThresholds(untrained, set);
  const { path, reused } = await writePackage(
    {
      folder,
      made,
      companions: node.companions?.map(({ role, path, id }) => ({
        role,
        path: resolve(context.folder, path),
        ...(id === undefined ? {} : { id }),
      })),
      runs: await readRuns(context.measured),
      overwrite: context.overwrite,
    },
    context,
  );
  return { path, reused };
}

/** Where the parents lie in the family's folder; one that was built elsewhere is copied, so that the folder is whole. */
async function gather(
  own: readonly FinishedOutput[],
  folder: string,
  { overwrite, signal, emit }: FamilyContext,
): Promise<string[]> {
  const names = new Map<string, string>();
  const places: string[] = [];
  for (const { task } of own) {
    const inner = pathInside(folder, task.path);
    const place = inner ?? basename(task.path);
    const other = names.get(place.toLowerCase());
    if (other !== undefined) {
      throw new StudioError('build/conflict', `${other} and ${task.path} would both be ${join(folder, place)}.`, { hint: 'Give one of the packages another file name or domain.' }); // prettier-ignore
    }
    names.set(place.toLowerCase(), task.path);
    if (inner === undefined) {
      emit({ event: 'phase', phase: 'Copying', detail: place });
      const isOurs = await isListed(folder, place);
      await copyInto(task.path, join(folder, place), { overwrite: overwrite || isOurs, signal });
    }
    places.push(place);
  }
  return places;
}

/** A copy that an earlier build of the family made may be replaced. */
async function isListed(folder: string, place: string): Promise<boolean> {
  const text = await readFile(join(folder, manifestFileName), 'utf8').catch(() => '');
  return text.includes(JSON.stringify(place));
}

function parentOf(
  { pass, task, file }: FinishedOutput,
  place: string,
  sources: RecipeSources,
): ManifestParent {
  const { output } = task;
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
  return adaptersOf(pass, task.output).map((adapter: NodeOf<'adapter'>) => ({
    examples: [],
    keywords: [],
    ...adapter.route,
    adapterId: routeId(adapter, task.output),
  }));
}

/** The adapter's own examples, then the set's training prompts; its test prompts are never in a manifest. */
function withPrompts(route: RouteDescription, set: RoutingSet | undefined): RouteDescription {
  const routes = set?.routes ?? {};
  const own = Object.hasOwn(routes, route.adapterId) ? routes[route.adapterId] : undefined;
  if (own === undefined) return route;
  const tests = new Set(own.test.map((text) => text.trim().toLowerCase()));
  const examples = [...new Set([...route.examples, ...own.train])];
  return {
    ...route,
    examples: examples.filter((text) => !tests.has(text.trim().toLowerCase())),
    keywords: [...new Set([...route.keywords, ...(own.keywords ?? [])])],
  };
}

/** Calibrated on what was not trained on; a threshold that the recipe names stays. */
async function withThresholds(made: RouterManifest, set: RoutingSet): Promise<RouterManifest> {
  const calibration = Object.entries(set.routes).map(
    ([id, prompts]) => [id, prompts.calibration ?? []] as const,
  );
  const thresholds = await trainThresholds(made, {
    routes: Object.fromEntries(calibration),
    offTopic: set.offTopic.calibration ?? [],
  });
  return {
    ...made,
    routes: made.routes.map((route) => {
      const threshold = route.threshold ?? thresholds.get(route.id);
      return threshold === undefined ? route : { ...route, threshold };
    }),
  };
}

async function readRoutingSet(path: string): Promise<RoutingSet> {
  try {
    const { size } = await stat(path);
    if (size > maximumSetBytes) {
      throw new StudioError(
        'routing/set',
        `${path} has ${size} bytes, too many for a routing set.`,
      );
    }
    return parseRoutingSet(await readFile(path, 'utf8'), path);
  } catch (error) {
    throw toIoError(error, path);
  }
}

async function readRuns(measured: readonly MeasuredNode[]) {
  return Promise.all(measured.map(({ path, run }) => readRun(path, run)));
}
