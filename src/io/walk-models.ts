// Finds what may be a model below folders, by names alone; who reads headers decides what each one is. Made for folders
// that other programs own: caches of links, gigabytes of unrelated files, folders that may not be read.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { limits } from '#src/formats/bytes/limits.ts';
import { parseSplitName, splitFileName } from '#src/formats/gguf/split-names.ts';
import { toIoError } from './io-error.ts';
import { ownFolderMark } from './studio-home.ts';

export interface ModelCandidate {
  readonly kind: 'model-folder' | 'adapter-folder' | 'gguf' | 'matrix';
  /** Absolute; for a split GGUF its first part that is there. */
  readonly path: string;
  /** How people call it: a folder's name, a file's without ending and part, a cached repository's. */
  readonly name: string;
  /** File names of a split that are not there. */
  readonly missingParts: readonly string[];
}

export interface WalkOptions {
  /** Levels of folders below each given one; 0 looks only inside it. */
  readonly depth: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each folder that cannot be read, with the reason in words. */
  readonly onNotRead: (message: string) => void;
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  readonly isRoot: boolean;
}

interface FolderEntries {
  readonly files: ReadonlySet<string>;
  readonly folders: readonly string[];
}

/** Hidden folders in which programs keep models; all others are skipped below a given folder. */
const modelCaches = new Set(['.cache', '.lmstudio']);
const neverModels = new Set(['node_modules', '__pycache__', 'site-packages']);
/** Inside `models--org--name` of a Hugging Face cache, everything but the snapshots. */
const cacheInternals = new Set(['blobs', 'refs']);

const modelWeights = /^(?:model|pytorch_model)\b.*\.(?:safetensors|bin)(?:\.index\.json)?$/;
const adapterWeights = /^adapter_model\.(?:safetensors|bin)$/;

/**
 * Candidates in the order in which they are found, each once: also where one folder lies in another, or links lead to
 * the same file twice. Links to folders are followed, but no folder is looked into twice.
 */
export async function* walkModels(
  roots: readonly string[],
  { depth, signal, onNotRead }: WalkOptions,
): AsyncGenerator<ModelCandidate> {
  /** Real path of a folder -> levels that were left when it was looked into. */
  const visited = new Map<string, number>();
  const found = new Set<string>();
  const folders: Folder[] = roots.map((path) => ({ path, depth, isRoot: true }));
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    signal?.throwIfAborted();
    const entries = await enter(next, visited).catch((error: unknown) => {
      onNotRead(toIoError(error, next?.path ?? '').message);
      return undefined;
    });
    if (entries === undefined) continue;
    for (const candidate of candidatesIn(next.path, entries.files)) {
      const real = await realpath(candidate.path).catch(() => candidate.path);
      const key = `${candidate.kind} ${real}`;
      if (found.has(key)) continue;
      found.add(key);
      yield candidate;
    }
    if (next.depth === 0) continue;
    for (const name of entries.folders) {
      if (isSkipped(name, next.path)) continue;
      folders.push({ path: join(next.path, name), depth: next.depth - 1, isRoot: false });
    }
  }
}

/** What one path is a candidate for; undefined when neither its name nor its content say so. */
export async function candidateAt(path: string): Promise<ModelCandidate | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) {
    const { files } = await entriesOf(path);
    return folderCandidate(path, files);
  }
  const name = basename(path);
  const split = parseSplitName(name);
  const files = split === undefined ? new Set([name]) : (await entriesOf(dirname(path))).files;
  const [candidate] = fileCandidates(dirname(path), files).filter(
    (each) => split === undefined || splitKey(basename(each.path)) === splitKey(name),
  );
  return candidate;
}

function isSkipped(name: string, parent: string): boolean {
  if (name.startsWith('.')) return !modelCaches.has(name);
  if (neverModels.has(name) || /\.(?:partial|rejected)$/.test(name)) return true;
  return cacheInternals.has(name) && basename(parent).startsWith('models--');
}

/** The entries of a folder that has not been looked into as deeply before. */
async function enter(
  { path, depth, isRoot }: Folder,
  visited: Map<string, number>,
): Promise<FolderEntries | undefined> {
  const real = await realpath(path);
  if ((visited.get(real) ?? -1) >= depth) return undefined;
  visited.set(real, depth);
  const entries = await entriesOf(path);
  // Caches and job folders of our own hold parts of models.
  return !isRoot && entries.files.has(ownFolderMark) ? undefined : entries;
}

async function entriesOf(path: string): Promise<FolderEntries> {
  const files = new Set<string>();
  const folders: string[] = [];
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isFile()) files.add(entry.name);
    else if (entry.isDirectory()) folders.push(entry.name);
    else if (entry.isSymbolicLink()) {
      // A link that leads nowhere is nothing.
      const target = await stat(join(path, entry.name)).catch(() => undefined);
      if (target?.isFile() === true) files.add(entry.name);
      if (target?.isDirectory() === true) folders.push(entry.name);
    }
  }
  return { files, folders };
}

function candidatesIn(path: string, files: ReadonlySet<string>): ModelCandidate[] {
  const folder = folderCandidate(path, files);
  return [...(folder === undefined ? [] : [folder]), ...fileCandidates(path, files)];
}

function folderCandidate(path: string, files: ReadonlySet<string>): ModelCandidate | undefined {
  const has = (pattern: RegExp) => [...files].some((name) => pattern.test(name));
  const isModel = files.has('config.json') && has(modelWeights);
  const isAdapter = files.has('adapter_config.json') && (has(adapterWeights) || !isModel);
  if (!isModel && !isAdapter) return undefined;
  const kind = isAdapter ? 'adapter-folder' : 'model-folder';
  return { kind, path, name: folderName(path), missingParts: [] };
}

/** `org/name` for `models--org--name/snapshots/<revision>` of a Hugging Face cache. */
function folderName(path: string): string {
  const snapshots = dirname(path);
  const repository = /^models--(.+)$/.exec(basename(dirname(snapshots)))?.[1];
  if (basename(snapshots) === 'snapshots' && repository !== undefined) {
    return repository.replaceAll('--', '/');
  }
  return basename(path);
}

function fileCandidates(path: string, files: ReadonlySet<string>): ModelCandidate[] {
  const candidates: ModelCandidate[] = [];
  const splits = new Set<string>();
  for (const fileName of files) {
    if (/\.(?:dat|imatrix)$/i.test(fileName)) {
      const name = fileName.replace(/\.[^.]+$/, '');
      candidates.push({ kind: 'matrix', path: join(path, fileName), name, missingParts: [] });
    }
    if (!/\.gguf$/i.test(fileName)) continue;
    const split = parseSplitName(fileName);
    if (split === undefined || split.count > limits.ggufParts || split.count < 2) {
      const name = fileName.replace(/\.gguf$/i, '');
      candidates.push({ kind: 'gguf', path: join(path, fileName), name, missingParts: [] });
      continue;
    }
    const key = splitKey(fileName);
    if (splits.has(key)) continue;
    splits.add(key);
    const parts = Array.from({ length: split.count }, (_, index) =>
      splitFileName(split.prefix, index, split.count),
    );
    const missingParts = parts.filter((part) => !files.has(part));
    candidates.push({ kind: 'gguf', path: join(path, fileName), name: split.prefix, missingParts });
  }
  return candidates;
}

/** Equal for the parts of one split. */
function splitKey(fileName: string): string {
  const split = parseSplitName(fileName);
  return split === undefined ? fileName : `${split.prefix}/${split.count}`;
}
