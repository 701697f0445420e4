// Measured runs as `<workspace>/measurements/<id>/run.json`, with token files beside it. Written by the factory alone; here they
// are listed, read and put away. What was read is remembered by size and time, so that the list reads only what changed.
import { lstat, mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { runSchema, type Run, type RunSummary } from '#src/contract/quality/run.ts';
import { qualityId } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { watchFolder, type FolderWatch } from './watch-folder.ts';

export const measurementsFolderName = 'measurements';
export const runFileName = 'run.json';
/** A run of 100 subjects on 20 texts of 500 chunks, with every tensor's error, is about 40 MB. */
const maximumBytes = 128 << 20;
const maximumRuns = 10_000;
/** Folders of runs that are watched; the newest count. */
const maximumWatches = 200;
const removedFolderName = '.removed';

export interface RunStore {
  /** Newest first; files that cannot be read are listed with the reason. */
  list(signal?: AbortSignal): Promise<RunSummary[]>;
  /** Throws `io/not-found`, and `run/invalid` for a broken file. */
  read(id: string): Promise<Run>;
  /** Absolute folder of a run that is there. Throws `io/not-found`. */
  folderOf(id: string): Promise<string>;
  /** Moves the run's folder to `measurements/.removed`; refuses folders that hold no run. */
  remove(id: string): Promise<void>;
  /** Tells when a run came, changed or went; a help, not a promise (network disks are silent). */
  watch(onChange: () => void): FolderWatch;
}

interface Remembered {
  readonly modified: number;
  readonly bytes: number;
  readonly summary: RunSummary;
}

export function openRunStore(workspaceFolder: string): RunStore {
  const folder = join(workspaceFolder, measurementsFolderName);
  const remembered = new Map<string, Remembered>();

  const summarize = async (id: string, modified: number, bytes: number): Promise<RunSummary> => {
    const known = remembered.get(id);
    if (known?.modified === modified && known.bytes === bytes) return known.summary;
    const summary = await readRun(join(folder, id, runFileName), id).then(
      summaryOf,
      (error: unknown) => brokenSummary(id, modified, error),
    );
    remembered.set(id, { modified, bytes, summary });
    return summary;
  };
  const folderOf = async (id: string) => {
    const path = join(folder, checkedId(id));
    // A link may lead anywhere: what the app made is a folder of its own with a plain file in it.
    const [own, file] = await Promise.all([status(path), status(join(path, runFileName))]);
    if (own?.isDirectory() === true && file?.isFile() === true) return path;
    throw noSuchRun(id);
  };
  return {
    folderOf,
    async list(signal) {
      const summaries: RunSummary[] = [];
      const ids = await runIds(folder);
      for (const id of ids) {
        signal?.throwIfAborted();
        const found = await status(join(folder, id, runFileName));
        if (found?.isFile() !== true) continue;
        summaries.push(await summarize(id, found.mtimeMs, found.size));
      }
      for (const id of remembered.keys()) if (!ids.includes(id)) remembered.delete(id);
      return summaries.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
    },
    read: async (id) => readRun(join(await folderOf(id), runFileName), id),
    async remove(id) {
      const from = await folderOf(id);
      const trash = join(folder, removedFolderName);
      try {
        await mkdir(trash, { recursive: true });
        const name = (await status(join(trash, id))) === undefined ? id : `${id}.${Date.now()}`;
        await rename(from, join(trash, name));
      } catch (error) {
        throw toIoError(error, from);
      }
      remembered.delete(id);
    },
    watch: (onChange) => watchRuns(workspaceFolder, folder, onChange),
  };
}

/** Names of folders that may hold a run; a bounded number of them. */
async function runIds(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw toIoError(error, folder);
    },
  );
  return entries
    .filter((entry) => entry.isDirectory() && qualityId.safeParse(entry.name).success)
    .map(({ name }) => name)
    .slice(0, maximumRuns);
}

/** One run's file. Throws `io/*`, and `run/invalid` for a broken one. */
export async function readRun(path: string, id: string): Promise<Run> {
  const text = await readBounded(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(path, `it is not valid JSON (${(error as Error).message})`);
  }
  const parsed = runSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(path, `${issue?.path.join('.') || 'top level'}: ${issue?.message ?? 'invalid'}`);
  }
  // The folder's name is what it is asked for by.
  return { ...parsed.data, id };
}

async function readBounded(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maximumBytes) throw broken(path, `it has ${size} bytes, more than any run`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, path);
  }
}

function summaryOf({ id, title, createdAt, references, subjects, texts }: Run): RunSummary {
  return {
    id,
    title,
    createdAt,
    base: references[0]?.label ?? '',
    subjects: subjects.length,
    texts: texts.map((text) => text.title),
  };
}

function brokenSummary(id: string, modified: number, error: unknown): RunSummary {
  const problem = error instanceof Error ? error.message : String(error);
  return { id, title: id, createdAt: modified, base: '', subjects: 0, texts: [], problem };
}

function checkedId(id: string): string {
  if (qualityId.safeParse(id).success) return id;
  throw noSuchRun(id);
}

function noSuchRun(id: string): StudioError {
  return new StudioError('io/not-found', `There is no measured run ${id}.`, {
    hint: 'It may have been removed, or lie elsewhere: runs of the open workspace are shown. For a run of a recipe in another folder, open that folder as the workspace.',
  });
}

function broken(path: string, reason: string): StudioError {
  return new StudioError('run/invalid', `The run ${path} cannot be read: ${reason}.`, {
    hint: 'The file is left as it is. Measure again, or remove the run from the list.',
    details: { path },
  });
}

function status(path: string) {
  return lstat(path).catch(() => undefined);
}

/** Watches the folder of runs (or waits for it) and the folder of each run, which run.json is renamed into. */
function watchRuns(workspaceFolder: string, folder: string, onChange: () => void): FolderWatch {
  const watches = new Map<string, FolderWatch>();
  let closed = false;
  const changed = () => {
    onChange();
    void follow();
  };
  const isOther = (name: string) => name !== measurementsFolderName;
  const isPartial = (name: string) => name !== runFileName;
  const follow = async () => {
    const ids = await runIds(folder).catch(() => []);
    const paths = new Set(
      ids
        .sort()
        .slice(-maximumWatches)
        .map((id) => join(folder, id)),
    );
    if ((await status(folder)) !== undefined) paths.add(folder);
    if (closed) return;
    for (const [path, watch] of watches) {
      if (paths.has(path)) continue;
      watch.close();
      watches.delete(path);
    }
    for (const path of paths) {
      if (watches.has(path)) continue;
      watches.set(path, watchFolder(path, changed, path === folder ? {} : { ignore: isPartial }));
    }
  };
  const outer = watchFolder(workspaceFolder, changed, { ignore: isOther });
  void follow();
  return {
    close() {
      closed = true;
      outer.close();
      for (const watch of watches.values()) watch.close();
      watches.clear();
    },
  };
}
