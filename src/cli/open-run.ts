// A measured run by what people type: a folder, its run.json, an id of the workspace, or "latest".
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Run } from '#src/contract/quality/run.ts';
import { qualityId } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openRunStore, readRun, runFileName } from '#src/io/run-store.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import type { CommandContext } from './command.ts';

/** Throws `io/not-found`, and `run/invalid` for a broken file. */
export async function openRun(asked: string, context: CommandContext): Promise<Run> {
  const path = context.resolvePath(asked);
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return readRun(join(path, runFileName), idOf(path));
  if (status?.isFile() === true) return readRun(path, idOf(dirname(path)));
  const here = context.resolvePath('.');
  // As `eval` does: a folder without a workspace keeps its runs itself.
  const store = openRunStore((await findWorkspace(here))?.folder ?? here);
  if (asked !== 'latest') return store.read(asked);
  const newest = (await store.list(context.signal)).find(({ problem }) => problem === undefined);
  if (newest !== undefined) return store.read(newest.id);
  throw new StudioError('io/not-found', 'There is no measured run here yet.', {
    hint: 'Measure one: gguf-studio eval.',
  });
}

/** A folder may be called anything. */
function idOf(folder: string): string {
  const name = basename(folder);
  return qualityId.safeParse(name).success ? name : 'run';
}

/** The folder of a run, by the same words. */
export async function runPathOf(asked: string, context: CommandContext): Promise<string> {
  const path = context.resolvePath(asked);
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return path;
  if (status?.isFile() === true) return dirname(path);
  const { id } = await openRun(asked, context);
  const here = context.resolvePath('.');
  return openRunStore((await findWorkspace(here))?.folder ?? here).folderOf(id);
}
