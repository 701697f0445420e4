// Finds what a file was made from by its content: sources that a recipe names by hash and relative path. Looked for where the
// recipe says, beside the file, in its workspace and in folders that the user gives. What is remembered is not hashed again,
// and gigabytes are not hashed at all where the hashes of tensors will tell.
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hashSourceFiles, knownSourceHash, listSourceFiles, type SourceFile, type SourceRole } from '#src/io/source-hash.ts'; // prettier-ignore
import { walkModels, type ModelCandidate } from '#src/io/walk-models.ts';
import { findWorkspace } from '#src/io/workspace.ts';

export interface WantedContent {
  readonly role: SourceRole;
  /** As the recipe names it; its last part is what it was called. */
  readonly path: string | undefined;
  readonly sha256: string | undefined;
}

export interface FoundContent {
  /** Absolute. */
  readonly path: string;
  readonly files: readonly SourceFile[];
  readonly isFolder: boolean;
  /** The wanted hash where it was proven; undefined where name and place fit, and nothing was read to prove it. */
  readonly sha256: string | undefined;
}

export interface ContentFinder {
  /** `given` is looked at first, and taken whatever its hash is when nothing else fits. */
  find(wanted: WantedContent, given?: string): Promise<FoundContent | undefined>;
  /** Folders that relative paths of a recipe may start at, the likeliest first. */
  folders(): Promise<readonly string[]>;
  /** GGUF files near the repaired one, itself left out. */
  ggufFiles(): Promise<readonly string[]>;
}

/** Hashing this much takes a blink. */
const hashedAtOnce = 64 * 1024 * 1024;
/** Levels of folders above the file that a recipe may have lain in. */
const levelsUp = 6;
const mostCandidates = 5_000;

/** Folders that do not exist or cannot be read are passed over. */
export function openContentFinder(
  file: string,
  folders: readonly string[],
  signal: AbortSignal,
): ContentFinder {
  let walked: Promise<readonly (ModelCandidate & { readonly isGiven: boolean })[]> | undefined;
  let bases: Promise<readonly string[]> | undefined;

  async function walk() {
    const own = dirname(file);
    const workspace = await findWorkspace(own).catch(() => undefined);
    const found: (ModelCandidate & { isGiven: boolean })[] = [];
    const look = async (root: string, depth: number, isGiven: boolean) => {
      const walking = walkModels([root], { depth, signal, onNotRead: () => undefined });
      for await (const candidate of walking) {
        if (found.length >= mostCandidates) return;
        if (candidate.path !== file && !found.some(({ path }) => path === candidate.path))
          found.push({ ...candidate, isGiven });
      }
    };
    for (const folder of folders) await look(folder, 6, true);
    await look(own, 1, false);
    if (workspace !== undefined) await look(workspace.folder, 6, false);
    return found;
  }

  return {
    async find(wanted, given) {
      bases ??= possibleFolders(file, folders);
      const places = wanted.path === undefined ? [] : placesOf(wanted.path, await bases);
      let unproven: FoundContent | undefined;
      for (const path of [...(given === undefined ? [] : [given]), ...places]) {
        signal.throwIfAborted();
        const found = await lookAt(path, wanted, { always: path === given, signal });
        if (found === undefined) continue;
        if (found.sha256 !== undefined) return found;
        unproven ??= found;
      }
      if (unproven !== undefined) return unproven;
      const last = wanted.path === undefined ? undefined : basename(wanted.path);
      for (const candidate of await (walked ??= walk())) {
        if (!fitsRole(candidate.kind, wanted.role)) continue;
        signal.throwIfAborted();
        const always = candidate.isGiven && basename(candidate.path) === last;
        const found = await lookAt(candidate.path, wanted, { always, signal });
        if (found?.sha256 !== undefined) return found;
        if (basename(candidate.path) === last) unproven ??= found;
      }
      return unproven;
    },
    folders: () => (bases ??= possibleFolders(file, folders)),
    async ggufFiles() {
      const candidates = await (walked ??= walk());
      return candidates.flatMap(({ kind, path }) => (kind === 'gguf' ? [path] : []));
    },
  };
}

/** What lies at a path, or undefined where it is surely something else. */
async function lookAt(
  path: string,
  { role, sha256 }: WantedContent,
  { always, signal }: { readonly always: boolean; readonly signal: AbortSignal },
): Promise<FoundContent | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || (!status.isFile() && !status.isDirectory())) return undefined;
  const files = await listSourceFiles(path, role).catch(() => undefined);
  if (files === undefined) return undefined;
  const found = { path, files, isFolder: status.isDirectory() };
  if (sha256 === undefined) return { ...found, sha256: undefined };
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const known =
    (await knownSourceHash(files)) ??
    (bytes <= hashedAtOnce ? await hashSourceFiles(files, { signal }).catch(() => undefined) : undefined); // prettier-ignore
  if (known === sha256) return { ...found, sha256 };
  return known === undefined || always ? { ...found, sha256: undefined } : undefined;
}

/** The folders that a recipe's relative paths may start at. */
async function possibleFolders(file: string, folders: readonly string[]): Promise<string[]> {
  const workspace = await findWorkspace(dirname(file)).catch(() => undefined);
  const up: string[] = [];
  for (let folder = dirname(file); up.length < levelsUp; folder = dirname(folder)) {
    up.push(folder);
    if (dirname(folder) === folder) break;
  }
  return [...new Set([...folders, ...up, ...(workspace === undefined ? [] : [workspace.folder])])];
}

function placesOf(path: string, folders: readonly string[]): string[] {
  const whole = folders.map((folder) => resolve(folder, path));
  const named = folders.map((folder) => join(folder, basename(path)));
  return [...new Set([...whole, ...named])];
}

function fitsRole(kind: ModelCandidate['kind'], role: SourceRole): boolean {
  if (kind === 'gguf') return true;
  if (role === 'base') return kind === 'model-folder';
  return role === 'adapter' ? kind === 'adapter-folder' : kind === 'matrix';
}
