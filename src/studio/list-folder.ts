// One folder as the in-app picker lists it, and the list of roots at its top.
import { opendir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { FolderEntry, FolderListing, PickPurpose } from '#src/contract/studio/files.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { isInside } from '#src/io/is-inside.ts';
import { compareNames } from './natural-sort.ts';
import { acceptsAnyFolder, pickableFile, pickableFolder } from './pickable.ts';
import type { StudioFiles } from './studio-files.ts';

/** More entries than anybody scrolls through. */
const listedEntries = 2000;
/** A folder of millions of files is read no further than this. */
const readEntries = 100_000;
const atOnce = 64;

interface Name {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** The roots: where browsing starts. */
export async function listRoots(files: StudioFiles, purpose: PickPurpose): Promise<FolderListing> {
  const entries = await Promise.all(
    files.roots().map(async ({ path, name }): Promise<FolderEntry> => {
      const { what, selectable } = await pickableFolder(path, purpose);
      return {
        ...files.reference(path),
        name,
        kind: 'folder',
        ...(what === undefined ? {} : { what }),
        selectable,
      };
    }),
  );
  return { folder: null, trail: [], entries, left: 0, selectable: false };
}

/** A folder's entries that matter for a purpose: folders first, hidden ones last. `signal` stops the reading. */
export async function listFolder(
  files: StudioFiles,
  path: string,
  purpose: PickPurpose,
  signal: AbortSignal,
): Promise<FolderListing> {
  const names = (await readNames(path, signal)).filter(
    ({ name, isFolder }) => isFolder || (!isHidden(name) && pickableFile(name, purpose).listed),
  );
  names.sort(
    (a, b) =>
      Number(b.isFolder) - Number(a.isFolder) ||
      Number(isHidden(a.name)) - Number(isHidden(b.name)) ||
      compareNames(a.name, b.name),
  );
  const entries: FolderEntry[] = [];
  for (let first = 0; first < Math.min(names.length, listedEntries); first += atOnce) {
    signal.throwIfAborted();
    const some = names.slice(first, Math.min(first + atOnce, listedEntries));
    const described = await Promise.all(some.map((name) => describe(files, path, name, purpose)));
    entries.push(...described.filter((entry) => entry !== undefined));
  }
  const own = await pickableFolder(path, purpose);
  return {
    folder: files.reference(path),
    trail: trailOf(files, path),
    entries,
    left: Math.max(0, names.length - listedEntries),
    selectable: acceptsAnyFolder(purpose) || own.selectable,
  };
}

async function readNames(path: string, signal: AbortSignal): Promise<Name[]> {
  const names: Name[] = [];
  try {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      signal.throwIfAborted();
      const isLink = entry.isSymbolicLink();
      // A link counts as what it leads to; broken ones and devices are not listed.
      const status = isLink ? await stat(join(path, entry.name)).catch(() => undefined) : entry;
      if (status === undefined || !(status.isFile() || status.isDirectory())) continue;
      names.push({ name: entry.name, isFolder: status.isDirectory(), isLink });
      if (names.length >= readEntries) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') {
      throw new StudioError('io/not-found', `${path} is a file, a folder was expected.`, {
        hint: 'Choose a folder.',
        cause: error,
      });
    }
    throw toIoError(error, path);
  }
  return names;
}

async function describe(
  files: StudioFiles,
  folder: string,
  { name, isFolder, isLink }: Name,
  purpose: PickPurpose,
): Promise<FolderEntry | undefined> {
  const path = join(folder, name);
  const reference = files.reference(path);
  if (isLink && !(await files.allows(path).catch(() => false))) {
    const what = 'Leads outside the folders that the studio may open';
    return { ...reference, kind: isFolder ? 'folder' : 'file', what, selectable: false };
  }
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return undefined;
  const { what, selectable } = isFolder
    ? await pickableFolder(path, purpose)
    : pickableFile(name, purpose);
  return {
    ...reference,
    kind: isFolder ? 'folder' : 'file',
    ...(what === undefined ? {} : { what }),
    selectable,
    ...(isFolder ? {} : { bytes: status.size }),
    modified: status.mtimeMs,
  };
}

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** From the outermost root that holds the folder down to it. */
function trailOf(files: StudioFiles, path: string): FolderListing['trail'] {
  const [root] = files
    .roots()
    .filter((candidate) => isInside(candidate.path, path))
    .sort((a, b) => a.path.length - b.path.length);
  if (root === undefined) return [files.reference(path)];
  const trail = [{ ...files.reference(root.path), name: root.name }];
  const below = relative(root.path, path);
  let current = root.path;
  for (const part of below === '' ? [] : below.split(sep)) {
    current = join(current, part);
    trail.push(files.reference(current));
  }
  return trail;
}
