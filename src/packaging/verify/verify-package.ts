// Checks a package as it came over a network or out of an archive: every file is where the manifest says, inside the folder,
// with the size and hash that it says; every bundle holds sound adapters of its base; every reference leads somewhere.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PackageCheck, Verification, VerifyParams } from '#src/contract/packaging.ts';
import { runWithEvents } from '#src/contract/run-with-events.ts';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import type { EventSink, StageRun } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { resolveInside } from '#src/io/resolve-inside.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { ggufAdapterOf } from '#src/model/open-gguf-adapter.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';
import { checksumsName, readChecksums, refreshChecksums, type Checksums } from '../checksums.ts';
import { describeCompanion, needsOf } from '../companion-role.ts';
import { modelCardName } from '../model-card.ts';
import { checkGguf, compareAdapters } from './check-gguf.ts';
import { createCheckList, type CheckList } from './check-list.ts';
import { openFileHashes, type FileHashes } from './file-hashes.ts';

/** A manifest of 1,000 routes with 100 examples each has some 10 MB. */
const maximumManifestBytes = 64 << 20;

/**
 * Verifies a package's folder, its router.json or one GGUF. What is wrong is in the answer; throws only where nothing can
 * be looked at (`io/not-found`), and `signal.reason`.
 */
export function verifyPackage(
  { path, updateChecksums = false }: VerifyParams,
  signal?: AbortSignal,
): StageRun<Verification> {
  return runWithEvents(async (emit, inner) => {
    const start = performance.now();
    const status = await stat(path).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    const list = createCheckList();
    const work = { list, emit, signal: inner };
    const read = status.isDirectory()
      ? await verifyFolder(path, updateChecksums, work)
      : basename(path).toLowerCase().endsWith('.json')
        ? await verifyManifest(dirname(path), basename(path), updateChecksums, work)
        : await verifyFile(path, work);
    return {
      path,
      passed: list.checks.every((check) => check.status !== 'failed'),
      checks: [...list.checks],
      ...read,
      seconds: (performance.now() - start) / 1000,
    };
  }, signal);
}

/** The error of a verification that failed, for exit codes and jobs. */
export function requireVerified({ passed, path, checks }: Verification): StudioError | undefined {
  if (passed) return undefined;
  const failed = checks.filter(({ status }) => status === 'failed');
  const [first] = failed;
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
  return new StudioError(
    'package/damaged',
    `${path}: ${first?.subject ?? ''}: ${first?.message ?? ''}${more}`,
    {
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
      details: {
        failed: failed.map(({ subject, check, message }) => ({ subject, check, message })),
      },
    },
  );
}

interface Work {
  readonly list: CheckList;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

interface ReadFiles {
  readonly files: number;
  readonly bytes: number;
}

async function verifyFile(path: string, { list, emit, signal }: Work): Promise<ReadFiles> {
  emit({ event: 'phase', phase: 'Checking', detail: path });
  await checkGguf(path, { subject: basename(path), tensors: true, signal }, list);
  return { files: 1, bytes: (await stat(path)).size };
}

async function verifyFolder(folder: string, update: boolean, work: Work): Promise<ReadFiles> {
  const hasManifest = await isFile(join(folder, routerManifestName));
  if (hasManifest) return verifyManifest(folder, routerManifestName, update, work);
  if (!(await isFile(join(folder, checksumsName)))) {
    throw new StudioError('io/not-found', `${folder} holds neither ${routerManifestName} nor ${checksumsName}.`, { hint: 'Give the folder of a package, its router.json, or a GGUF.' }); // prettier-ignore
  }
  work.list.warning(routerManifestName, 'manifest', 'is not there: only checksums are checked');
  const checksums = await work.list.attempt(checksumsName, 'checksums', () =>
    readChecksums(folder),
  );
  if (checksums === undefined) return { files: 0, bytes: 0 };
  const hashes = openFileHashes(
    await totalOf(folder, [...checksums.keys()]),
    work.emit,
    work.signal,
  );
  await checkChecksums(folder, checksums, hashes, work.list);
  return { files: checksums.size, bytes: hashes.bytes() };
}

async function verifyManifest(
  folder: string,
  name: string,
  update: boolean,
  work: Work,
): Promise<ReadFiles> {
  const { list, emit, signal } = work;
  const manifest = await list.attempt(name, 'manifest', () => readManifest(folder, name));
  if (manifest === undefined) return { files: 0, bytes: 0 };
  judgeManifest(manifest, name, list);
  const checksums = await list.attempt(checksumsName, 'checksums', () => readChecksums(folder));
  const references = referencesOf(manifest);
  const names = new Set([...references.map(({ file }) => file), ...(checksums?.keys() ?? [])]);
  const hashes = openFileHashes(await totalOf(folder, [...names]), emit, signal);
  const places = new Map<string, string>();
  for (const reference of references) {
    emit({ event: 'phase', phase: 'Checking', detail: reference.file });
    const place = await checkReference(folder, reference, hashes, list);
    if (place !== undefined) places.set(reference.file, place);
  }
  for (const parent of manifest.parents) {
    const place = places.get(parent.file);
    if (place === undefined) continue;
    const options = { subject: parent.file, tensors: false, signal };
    const members = await checkGguf(place, options, list);
    if (members !== undefined) compareAdapters(parent, members, list);
    await checkLooseAdapters(folder, parent, place, list);
  }
  await checkCompanions(manifest, places, list);
  if (update) await updateTexts(folder, name, list);
  const current = update ? await readChecksums(folder) : checksums;
  if (current !== undefined) await checkChecksums(folder, current, hashes, list);
  else if (!list.checks.some(({ check }) => check === 'checksums'))
    list.warning(
      checksumsName,
      'checksums',
      'is not there',
      'Package the family again to have it.',
    );
  return { files: names.size, bytes: hashes.bytes() };
}

async function readManifest(folder: string, name: string): Promise<RouterManifest> {
  const path = await resolveInside(folder, name);
  const { size } = await stat(path);
  if (size > maximumManifestBytes) {
    throw new StudioError('package/invalid', `${path} has ${size} bytes, too many for a manifest.`);
  }
  return parseManifest(await readFile(path, 'utf8'), path);
}

function judgeManifest(manifest: RouterManifest, name: string, list: CheckList): void {
  const problems = checkManifest(manifest);
  for (const { message, hint, at, severity } of problems) {
    const subject = at === '' ? name : `${name}${at}`;
    if (severity === 'error') list.failed(subject, 'manifest', message, hint);
    else list.warning(subject, 'manifest', message, hint);
  }
  if (problems.every(({ severity }) => severity !== 'error')) {
    const { parents, routes, companions } = manifest;
    list.passed(name, 'manifest', `version ${manifest.version}, ${parents.length} parents, ${routes.length} routes, ${companions.length} companions`); // prettier-ignore
  }
}

interface Reference {
  readonly file: string;
  /** Undefined where the manifest names no hash of the file itself. */
  readonly sha256?: string | undefined;
  readonly bytes?: number | undefined;
}

/** Files that a manifest names. An adapter's hash is that of its source: of the file itself only for a loose one. */
function referencesOf({ parents, companions, classifier }: RouterManifest): Reference[] {
  return [
    ...parents.map(({ file, sha256, bytes }) => ({ file, sha256, bytes })),
    ...parents.flatMap(({ adapters }) =>
      adapters.flatMap(({ file, source, sha256 }) =>
        file === undefined ? [] : [{ file, ...(source === 'file' ? { sha256 } : {}) }],
      ),
    ),
    ...companions.map(({ file, sha256, bytes }) => ({ file, sha256, bytes })),
    ...(classifier.kind === 'lexical' || classifier.file === undefined
      ? []
      : [{ file: classifier.file, sha256: classifier.sha256 }]),
  ];
}

/** The file's path when it is in its place; its hash is listed. */
async function checkReference(
  folder: string,
  { file, sha256, bytes }: Reference,
  hashes: FileHashes,
  list: CheckList,
): Promise<string | undefined> {
  const place = await list.attempt(file, 'place', () => resolveInside(folder, file));
  if (place === undefined) return undefined;
  list.passed(file, 'place', 'is in the folder');
  const { size } = await stat(place);
  if (bytes !== undefined && size !== bytes) {
    list.failed(file, 'hash', `has ${size} bytes; the manifest says ${bytes}`, 'Copy it again, or build it again.'); // prettier-ignore
    return place;
  }
  if (sha256 === undefined) return place;
  const found = await list.attempt(file, 'hash', () => hashes.of(place));
  if (found === sha256) list.passed(file, 'hash', `SHA-256 ${sha256.slice(0, 16)}...`);
  else if (found !== undefined) {
    list.failed(
      file,
      'hash',
      `has the SHA-256 ${found}; the manifest says ${sha256}`,
      'The file was changed or damaged: copy it again, or build it again.',
    );
  }
  return place;
}

/** Adapters beside a parent must be LoRAs that fit it. */
async function checkLooseAdapters(
  folder: string,
  parent: RouterManifest['parents'][number],
  place: string,
  list: CheckList,
): Promise<void> {
  const loose = parent.adapters.filter(
    ({ source, file }) => source === 'file' && file !== undefined,
  );
  if (loose.length === 0) return;
  const source = await openFileByteSource(place);
  try {
    const base = baseOfModel(await openGgufModel(source, () => Promise.reject(new StudioError('gguf/split', `${place} is split.`)))); // prettier-ignore
    for (const { id, file = '' } of loose) {
      const fits = await list.attempt(id, 'adapter', async () => {
        const adapter = await openFileByteSource(await resolveInside(folder, file));
        try {
          await mapAdapter(ggufAdapterOf(await openGgufModel(adapter, () => Promise.reject(new StudioError('gguf/split', `${file} is split.`)))), base); // prettier-ignore
          return true;
        } finally {
          await adapter.close();
        }
      });
      if (fits === true) list.passed(id, 'adapter', `${file} fits ${parent.file}`);
    }
  } finally {
    await source.close();
  }
}

async function checkCompanions(
  { companions }: RouterManifest,
  places: ReadonlyMap<string, string>,
  list: CheckList,
): Promise<void> {
  const roles = new Set(companions.map(({ role }) => role));
  for (const { id, role, file, needs: said = [] } of companions) {
    const place = places.get(file);
    if (place === undefined) continue;
    const subject = id ?? role;
    const needs = await list.attempt(subject, 'companion', async () =>
      needsOf(place, role, await describeCompanion(place)),
    );
    if (needs === undefined) continue;
    const missing = needs.find((need) => !said.includes(need) && !roles.has(need));
    if (missing === undefined) list.passed(subject, 'companion', `${file} can be a ${role}`);
    else list.failed(subject, 'companion', `needs a ${missing}, and none is packaged`, `Add the ${missing} that belongs to it.`); // prettier-ignore
  }
}

/** Texts that people edit on purpose; anything else keeps its line. */
async function updateTexts(folder: string, name: string, list: CheckList): Promise<void> {
  if (list.checks.some(({ status }) => status === 'failed')) {
    list.warning(checksumsName, 'checksums', 'is not brought up to date while something else is wrong'); // prettier-ignore
    return;
  }
  await refreshChecksums(folder, [name, modelCardName]);
}

async function checkChecksums(
  folder: string,
  checksums: Checksums,
  hashes: FileHashes,
  list: CheckList,
): Promise<void> {
  let right = 0;
  for (const [file, sha256] of checksums) {
    const found = await list.attempt(file, 'checksums', async () => hashes.of(await resolveInside(folder, file))); // prettier-ignore
    if (found === sha256) right++;
    else if (found !== undefined) {
      const isText = file === routerManifestName || file === modelCardName;
      list.failed(
        file,
        'checksums',
        `has the SHA-256 ${found}; ${checksumsName} says ${sha256}`,
        isText
          ? 'If you edited it: gguf-studio verify FOLDER --update-checksums.'
          : 'The file was changed or damaged: copy it again, or build it again.',
      );
    }
  }
  if (right === checksums.size) list.passed(checksumsName, 'checksums', `${right} files match`);
}

async function totalOf(folder: string, names: readonly string[]): Promise<number> {
  let total = 0;
  for (const name of names) {
    const place = await resolveInside(folder, name).catch(() => undefined);
    if (place !== undefined) total += (await stat(place)).size;
  }
  return total;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}

/** Checks by what they say, worst first: what a table shows. */
export function worstFirst(checks: readonly PackageCheck[]): PackageCheck[] {
  const order = { failed: 0, warning: 1, passed: 2 };
  return [...checks].sort((left, right) => order[left.status] - order[right.status]);
}
