// `package`: parents, families, adapters and companions into one folder that can be moved, zipped and verified. Inputs are
// only read. Run again, it goes on where it stopped and leaves what is current.
import { basename, join, resolve } from 'node:path';
import type {
  CompanionSource,
  PackagedFile,
  PackageParams,
  PackageResult,
} from '#src/contract/packaging.ts';
import { runWithEvents } from '#src/contract/run-with-events.ts';
import type { ManifestParent, RouterManifest } from '#src/contract/routing/manifest.ts';
import type { EventSink, StageRun } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { innerParts } from '#src/io/inner-path.ts';
import { resolveInside } from '#src/io/resolve-inside.ts';
import { readRun } from '#src/io/run-store.ts';
import { buildRouterManifest } from '#src/stages/package/build-manifest.ts';
import {
  addToBundle,
  bundlePlain,
  fittingAdapters,
  type AddOptions,
  type ConvertPorts,
  type GivenAdapter,
} from './add-adapters.ts';
import { openParent } from './bundle/open-parent.ts';
import { copyInto } from './copy-into.ts';
import { parentFileName, safeName } from './file-names.ts';
import { readPackageInputs, type FamilyInput } from './package-inputs.ts';
import { parentFacts, refuseAsParent, type ParentFacts } from './parent-facts.ts';
import { writePackage } from './write-package.ts';

/** A parent on its way into the package. */
interface IncomingParent {
  readonly path: string;
  readonly facts: ParentFacts;
  readonly carries: boolean;
  /** As its family calls it; absent for a file given by hand. */
  readonly known?: ManifestParent;
}

/**
 * Throws `package/invalid`, `companion/mismatch`, `companion/missing`, `adapter/wrong-base` for an adapter that fits no
 * parent, `build/conflict` for two parents of one name, `output/exists`, and what building and writing throw.
 */
export function makePackage(
  params: PackageParams,
  ports: ConvertPorts,
  signal?: AbortSignal,
): StageRun<PackageResult> {
  return runWithEvents((emit, inner) => packageAll(params, ports, emit, inner), signal);
}

async function packageAll(
  params: PackageParams,
  ports: ConvertPorts,
  emit: EventSink,
  signal: AbortSignal,
): Promise<PackageResult> {
  const start = performance.now();
  const { folder, overwrite = false, validate = true } = params;
  const { parents, families } = await readPackageInputs(
    params.from,
    { overwrite, validate },
    ports,
  );
  const incoming = [
    ...(await familyParents(families)),
    ...(await handParents(parents, params.domain)),
  ];
  const companions = [...(await familyCompanions(families)), ...(params.companions ?? [])];
  if (incoming.length === 0) {
    throw new StudioError('package/invalid', 'There is no parent to package.', { hint: 'Give a GGUF, a router.json or a recipe.' }); // prettier-ignore
  }
  const adapters = (params.adapters ?? []).map(({ path, scale = 1 }) => ({ path, scale }));
  await makeFolder(folder);
  const placed = await placeParents(incoming, adapters, params, ports, emit, signal);
  await copyEmbeddingModel(families, folder, overwrite, signal);
  const made = combine(params, families, placed.map(({ parent }) => parent)); // prettier-ignore
  const runs = params.run === undefined ? [] : [await readRun(params.run, 'run')];
  const { path, files, manifest } = await writePackage(
    { folder, made, companions: companions.length === 0 ? undefined : companions, runs, overwrite },
    { emit, signal },
  );
  const all = [...placed.map(({ file }) => file), ...files];
  return {
    name: manifest.name,
    folder,
    manifest: path,
    files: all,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds: (performance.now() - start) / 1000,
  };
}

async function familyParents(families: readonly FamilyInput[]): Promise<IncomingParent[]> {
  const incoming: IncomingParent[] = [];
  for (const { folder, manifest } of families) {
    for (const known of manifest.parents) {
      if (known.adapters.some(({ source }) => source === 'file')) {
        throw new StudioError('package/invalid', `The parent ${known.id} of ${manifest.name} has adapters beside it.`, { hint: 'Bundle them: gguf-studio package add.' }); // prettier-ignore
      }
      incoming.push({ ...(await look(await resolveInside(folder, known.file))), known });
    }
  }
  return incoming;
}

async function handParents(paths: readonly string[], domain?: string): Promise<IncomingParent[]> {
  const incoming: IncomingParent[] = [];
  for (const path of paths) incoming.push(await look(path, domain));
  return incoming;
}

async function look(path: string, domain?: string): Promise<IncomingParent> {
  const parent = await openParent(path);
  try {
    refuseAsParent(parent);
    return { path, facts: parentFacts(parent, domain), carries: parent.members.length > 0 };
  } finally {
    await parent.close();
  }
}

async function familyCompanions(families: readonly FamilyInput[]): Promise<CompanionSource[]> {
  const companions: CompanionSource[] = [];
  for (const { folder, manifest } of families) {
    for (const { role, file, id } of manifest.companions) {
      const path = await resolveInside(folder, file);
      companions.push({ role, path, ...(id === undefined ? {} : { id }) });
    }
  }
  return companions;
}

/** The embedding model that the first family's classifier names lies where it lay. */
async function copyEmbeddingModel(
  [main]: readonly FamilyInput[],
  folder: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<void> {
  const classifier = main?.manifest.classifier;
  if (main === undefined || classifier === undefined || classifier.kind === 'lexical') return;
  if (classifier.file === undefined) return;
  const from = await resolveInside(main.folder, classifier.file);
  const to = join(folder, ...innerParts(classifier.file));
  if (resolve(from) !== resolve(to)) await copyInto(from, to, { overwrite, signal });
}

interface PlacedParent {
  readonly parent: ManifestParent;
  readonly file: PackagedFile;
}

async function placeParents(
  incoming: readonly IncomingParent[],
  adapters: readonly GivenAdapter[],
  { folder, domain, overwrite = false, validate = true }: PackageParams,
  ports: ConvertPorts,
  emit: EventSink,
  signal: AbortSignal,
): Promise<PlacedParent[]> {
  const names = new Map<string, string>();
  const used = new Set<GivenAdapter>();
  const reasons = new Map<GivenAdapter, StudioError>();
  const placed: PlacedParent[] = [];
  for (const one of incoming) {
    const { facts, path, known } = one;
    const own = domain ?? known?.domain ?? facts.domain ?? 'general';
    const fileName = known === undefined ? parentFileName(path, facts.domain, facts.level) : basename(known.file); // prettier-ignore
    const other = names.get(fileName.toLowerCase());
    if (other !== undefined) {
      throw new StudioError('build/conflict', `${other} and ${path} would both be ${fileName}.`, { hint: 'Give one of the files another name.' }); // prettier-ignore
    }
    names.set(fileName.toLowerCase(), path);
    const { fitting, refused } = adapters.length === 0 ? { fitting: [], refused: [] } : await fittingAdapters(path, adapters); // prettier-ignore
    for (const adapter of fitting) used.add(adapter);
    for (const { adapter, reason } of refused) reasons.set(adapter, reason);
    emit({ event: 'phase', phase: 'Packaging', detail: fileName });
    const options: AddOptions = { domain: own, overwrite, validate, emit, signal };
    placed.push(await placeOne(one, join(folder, fileName), fitting, ports, options));
  }
  const left = adapters.find((adapter) => !used.has(adapter));
  if (left !== undefined) throw reasons.get(left) ?? new StudioError('adapter/wrong-base', `${left.path} fits no parent.`); // prettier-ignore
  return placed;
}

/** Copied, or rewritten where adapters join it. */
async function placeOne(
  { path, carries, known }: IncomingParent,
  place: string,
  adapters: readonly GivenAdapter[],
  ports: ConvertPorts,
  options: AddOptions,
): Promise<PlacedParent> {
  const { domain, overwrite, signal } = options;
  let reused = false;
  if (adapters.length === 0) {
    reused = resolve(path) === resolve(place) || (await copyInto(path, place, { overwrite, signal })).reused; // prettier-ignore
  } else if (carries) {
    await addToBundle(path, place, adapters, ports, options);
  } else {
    const output = { folder: resolve(place, '..'), fileName: basename(place) };
    await bundlePlain(path, output, adapters, ports, options);
  }
  const { facts } = await look(place, domain);
  const sha256 = await hashFile(place, { signal });
  const opened = await openParent(place);
  const bytes = opened.source.size;
  await opened.close();
  const file = basename(place);
  return {
    parent: {
      id: known?.id ?? file.replace(/\.gguf$/i, ''),
      domain: known?.domain ?? facts.domain ?? domain,
      base: known?.base ?? facts.base,
      file,
      sha256,
      bytes,
      quantization: known?.quantization ?? facts.level,
      ...(facts.contextWindow === undefined ? {} : { contextWindow: facts.contextWindow }),
      adapters: facts.adapters.map((adapter) => {
        const before = known?.adapters.find(({ id }) => id === adapter.id);
        return before === undefined ? adapter : { ...adapter, ...before };
      }),
      ...(known?.note === undefined ? {} : { note: known.note }),
    },
    file: { path: place, bytes, sha256, reused },
  };
}

/** One manifest of all: what families had set stays, the first one's where there can be only one. */
function combine(
  params: PackageParams,
  families: readonly FamilyInput[],
  parents: readonly ManifestParent[],
): RouterManifest {
  const ids = new Set<string>();
  for (const { id } of parents) {
    if (ids.has(id)) throw new StudioError('build/conflict', `Two parents are called "${id}".`, { hint: 'Give one of the files another name.' }); // prettier-ignore
    ids.add(id);
  }
  const [first, ...others] = parents;
  if (first === undefined) throw new StudioError('package/invalid', 'There is no parent to package.'); // prettier-ignore
  const [main] = families;
  const known = new Map(families.flatMap(({ manifest }) => manifest.routes).map((route) => [route.id, route])); // prettier-ignore
  const made = buildRouterManifest({
    name: params.name ?? main?.manifest.name ?? safeName(basename(params.folder)),
    parents: [first, ...others],
    routes: [],
    emotion: main === undefined ? false : main.manifest.steps.length > 0,
  });
  const routes = made.routes.map((route) => known.get(route.id) ?? route);
  const own = new Set(routes.map(({ id }) => id));
  if (main === undefined) return { ...made, routes };
  const { steps, classifier, policy, fallback, note, $schema } = main.manifest;
  return {
    ...made,
    ...($schema === undefined ? {} : { $schema }),
    routes: [...routes, ...[...known.values()].filter(({ id }) => !own.has(id))],
    steps,
    classifier,
    fallback,
    policy: { ...policy, preload: policy.preload.filter((id) => ids.has(id)) },
    ...(note === undefined ? {} : { note }),
  };
}
