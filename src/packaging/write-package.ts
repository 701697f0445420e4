// The texts of a package and its companions: router.json, README.md, SHA256SUMS. A build's family step and `package` both
// end here; parents lie in the folder by then. Everything is written whole or not at all, and what is current stays.
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CompanionSource, PackagedFile } from '#src/contract/packaging.ts';
import type { Run } from '#src/contract/quality/run.ts';
import {
  routerManifestName,
  routerManifestSchema,
  type ManifestCompanion,
  type RouterManifest,
} from '#src/contract/routing/manifest.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { lastManifest, rememberManifest } from '#src/io/last-manifests.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { resolveInside } from '#src/io/resolve-inside.ts';
import { openParent } from './bundle/open-parent.ts';
import { checksumsName, writeChecksums, writeIfChanged } from './checksums.ts';
import { checkNeeds, describeCompanion, needsOf } from './companion-role.ts';
import { copyInto } from './copy-into.ts';
import { safeName } from './file-names.ts';
import { keepChoices } from './keep-choices.ts';
import { modelCardName, modelCardText } from './model-card.ts';
import { parentFacts, type ParentFacts } from './parent-facts.ts';

export const companionsFolderName = 'companions';

export interface PackageContents {
  /** Absolute. */
  readonly folder: string;
  /** What is known anew; hand edits of a manifest that lies there are kept. */
  readonly made: RouterManifest;
  /** Undefined: nobody says, those of the manifest that lies there stay. */
  readonly companions: readonly CompanionSource[] | undefined;
  readonly runs: readonly Run[];
  /** Replace a manifest of another family. */
  readonly overwrite: boolean;
}

export interface WrittenPackage {
  readonly path: string;
  readonly manifest: RouterManifest;
  /** Nothing was written. */
  readonly reused: boolean;
  /** Companions and texts. */
  readonly files: readonly PackagedFile[];
}

/** Throws `output/exists`, `companion/mismatch`, `companion/missing` and I/O errors. */
export async function writePackage(
  { folder, made, companions, runs, overwrite }: PackageContents,
  { emit, signal }: { readonly emit: EventSink; readonly signal: AbortSignal },
): Promise<WrittenPackage> {
  const path = join(folder, routerManifestName);
  const existing = await readExisting(path, made.name, overwrite);
  await makeFolder(folder);
  const copied = await copyCompanions(companions ?? [], folder, overwrite, signal);
  const complete = { ...made, companions: copied.map(({ companion }) => companion) };
  const manifest =
    existing === undefined
      ? complete
      : keepChoices(complete, {
          old: existing.manifest,
          base: await lastManifest(path),
          keepCompanions: companions === undefined,
        });
  checkNeeds(manifest.companions);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const isCurrent = [
    existing?.text === text || (await writeIfChanged(path, text)),
    await writeCard(folder, manifest, runs, emit),
    await writeChecksums(folder, await checksumsOf(folder, manifest, signal)),
  ];
  await rememberManifest(path, complete);
  const texts = await describeTexts(folder, signal);
  return {
    path,
    manifest,
    reused: isCurrent.every(Boolean) && copied.every(({ file }) => file.reused),
    files: [...copied.map(({ file }) => file), ...texts],
  };
}

interface CopiedCompanion {
  readonly companion: ManifestCompanion;
  readonly file: PackagedFile;
}

async function copyCompanions(
  sources: readonly CompanionSource[],
  folder: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<CopiedCompanion[]> {
  // All are looked at before any is copied.
  const described: { source: CompanionSource; needs: readonly ManifestCompanion['role'][] }[] = [];
  for (const source of sources) {
    const needs = needsOf(source.path, source.role, await describeCompanion(source.path));
    described.push({ source, needs });
  }
  checkNeeds(described.map(({ source, needs }) => ({ ...source, needs: [...needs] })));
  const copied: CopiedCompanion[] = [];
  const names = new Map<string, string>();
  for (const { source, needs } of described) {
    const { role, path, id } = source;
    const fileName = companionName(path);
    const other = names.get(fileName);
    if (other !== undefined && other !== path) {
      throw new StudioError('build/conflict', `${other} and ${path} would both be ${companionsFolderName}/${fileName}.`, { hint: 'Give one of the files another name.' }); // prettier-ignore
    }
    names.set(fileName, path);
    const place = join(folder, companionsFolderName, fileName);
    const { bytes, sha256, reused } = await copyInto(path, place, { overwrite, signal });
    copied.push({
      companion: {
        ...(id === undefined ? {} : { id }),
        role,
        file: `${companionsFolderName}/${fileName}`,
        sha256,
        bytes,
        ...(needs.length === 0 ? {} : { needs: [...needs] }),
      },
      file: { path: place, bytes, sha256, reused },
    });
  }
  return copied;
}

function companionName(path: string): string {
  const match = /^(.*?)(\.[A-Za-z0-9]{1,8})$/.exec(basename(path));
  return match === null ? safeName(basename(path)) : `${safeName(match[1] ?? '')}${match[2] ?? ''}`;
}

/** A README of someone else is left as it is. Gives whether nothing was written. */
async function writeCard(
  folder: string,
  manifest: RouterManifest,
  runs: readonly Run[],
  emit: EventSink,
): Promise<boolean> {
  const path = join(folder, modelCardName);
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  const text = modelCardText(
    { manifest, facts: await readFacts(folder, manifest), runs },
    existing,
  );
  if (text === undefined) {
    const message = `${path} was not written by GGUF Studio and is left as it is.`;
    emit({ event: 'notice', level: 'info', message });
    return true;
  }
  return writeIfChanged(path, text);
}

async function readFacts(
  folder: string,
  { parents }: RouterManifest,
): Promise<ReadonlyMap<string, ParentFacts>> {
  const facts = new Map<string, ParentFacts>();
  for (const { file } of parents) {
    const parent = await openParent(await resolveInside(folder, file));
    try {
      facts.set(file, parentFacts(parent));
    } finally {
      await parent.close();
    }
  }
  return facts;
}

/** Every file of the package, SHA256SUMS itself excepted. */
async function checksumsOf(
  folder: string,
  manifest: RouterManifest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { parents, companions, classifier } = manifest;
  const files = [
    ...parents.map(({ file }) => file),
    ...parents.flatMap(({ adapters }) => adapters.flatMap(({ file }) => file ?? [])),
    ...companions.map(({ file }) => file),
    ...(classifier.kind === 'lexical' || classifier.file === undefined ? [] : [classifier.file]),
    routerManifestName,
  ];
  const checksums = new Map<string, string>();
  for (const file of new Set(files)) {
    checksums.set(file, await hashFile(await resolveInside(folder, file), { signal }));
  }
  const card = join(folder, modelCardName);
  const isOurs = (await readFile(card, 'utf8').catch(() => '')).includes('gguf-studio:begin');
  if (isOurs) checksums.set(modelCardName, await hashFile(card, { signal }));
  return checksums;
}

async function describeTexts(folder: string, signal: AbortSignal): Promise<PackagedFile[]> {
  const files: PackagedFile[] = [];
  for (const name of [routerManifestName, modelCardName, checksumsName]) {
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) continue;
    files.push({ path, bytes: status.size, sha256: await hashFile(path, { signal }), reused: false }); // prettier-ignore
  }
  return files;
}

async function readExisting(
  path: string,
  name: string,
  overwrite: boolean,
): Promise<{ text: string; manifest: RouterManifest } | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw toIoError(error, path);
  });
  if (text === undefined) return undefined;
  const manifest = parsed(text);
  if (manifest?.name === name) return { text, manifest };
  if (overwrite) return undefined;
  throw new StudioError(
    'output/exists',
    manifest === undefined
      ? `${path} exists and is not a router manifest.`
      : `${path} is the manifest of "${manifest.name}", not of "${name}".`,
    { hint: 'Choose another output folder, or replace it with --overwrite.' },
  );
}

function parsed(text: string): RouterManifest | undefined {
  try {
    return routerManifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
