// Leftovers of a workspace: outputs that were never finished or failed their check, and small files whose writer was killed
// between writing and renaming. Names alone are not enough outside the outputs: someone's own download may be called
// `model.gguf.partial` too, so there only a journal of ours counts.
import { lstat, opendir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Leftover } from '#src/contract/leftovers.ts';
import { diskBytes } from './disk-bytes.ts';
import { isInside } from './is-inside.ts';
import { journalPathOf } from './output-file.ts';
import { isLockHeld, readOwner } from './process-owner.ts';
import { readAnyJournal } from './tensor-journal.ts';
import type { Workspace } from './workspace.ts';

/** Deep enough for any sensible layout of outputs. */
const deepestFolder = 8;
/** A workspace that is someone's whole disk must not be walked for minutes. */
const maximumEntries = 200_000;
/** A writer needs milliseconds between writing and renaming; this old, it is gone. */
export const halfWrittenMilliseconds = 3_600_000;
/** `X.1f2e3d4c.partial`: writeFileAtomically. */
export const atomicPartial = /\.[0-9a-f]{8}\.partial$/;
const skipped = new Set(['node_modules', '.git', '.removed']);

interface Walk {
  readonly outputs: string;
  readonly signal: AbortSignal | undefined;
  readonly found: Leftover[];
  left: number;
}

/** Those below the workspace's folder and its outputs, wherever these are. */
export async function leftoversOfWorkspace(
  { folder, outputFolder }: Pick<Workspace, 'folder' | 'outputFolder'>,
  signal?: AbortSignal,
): Promise<Leftover[]> {
  const [real, outputs] = await Promise.all([folder, outputFolder].map(realFolder));
  if (real === undefined) return [];
  // The file that names the outputs came with the workspace: what it names outside of it is not trusted to be ours.
  const inner = outputs !== undefined && outputs !== real && isInside(real, outputs);
  const walk: Walk = { outputs: inner ? outputs : '', signal, found: [], left: maximumEntries };
  await visit(real, 0, walk);
  if (outputs !== undefined && !isInside(real, outputs)) await visit(outputs, 0, walk);
  return walk.found;
}

async function visit(folder: string, depth: number, walk: Walk): Promise<void> {
  if (depth > deepestFolder) return;
  const isOutputs = walk.outputs !== '' && isInside(walk.outputs, folder);
  const entries = await opendir(folder).catch(() => undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    walk.signal?.throwIfAborted();
    if (walk.left-- <= 0) return;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skipped.has(entry.name)) await visit(path, depth + 1, walk);
    if (!entry.isFile()) continue;
    const item = await leftoverAt(path, isOutputs);
    if (item !== undefined) walk.found.push(item);
  }
}

async function leftoverAt(path: string, isOutputs: boolean): Promise<Leftover | undefined> {
  const name = basename(path);
  if (/\.partial$/.test(name)) return partialAt(path, isOutputs);
  if (name.endsWith('.gguf.rejected')) {
    return isOutputs || name.endsWith('.repaired.gguf.rejected') ? item(path, 'rejected') : undefined; // prettier-ignore
  }
  if (/\.partial\.(?:journal|lock)/.test(name)) return remainderAt(path);
  return undefined;
}

async function partialAt(path: string, isOutputs: boolean): Promise<Leftover | undefined> {
  if (atomicPartial.test(path) || (isOutputs && path.endsWith('.clone.partial'))) {
    return (await isOld(path)) ? item(path, 'partial') : undefined;
  }
  const journal = journalPathOf(path.slice(0, -'.partial'.length));
  if (await isLockHeld(`${path}.lock`)) return undefined;
  const isNamedSo = (isOutputs && path.endsWith('.gguf.partial')) || path.endsWith('.repaired.gguf.partial'); // prettier-ignore
  if (!isNamedSo && (await readAnyJournal(journal).catch(() => undefined)) === undefined) {
    return undefined;
  }
  return item(path, 'partial', [journal]);
}

/** A journal or a lock whose partial file is gone: its run was killed while it ended. */
async function remainderAt(path: string): Promise<Leftover | undefined> {
  const [partial = '', rest = ''] = splitAfterPartial(path);
  if ((await lstat(partial).catch(() => undefined)) !== undefined && !/\.\d+$/.test(rest)) {
    return undefined;
  }
  if (rest === '.journal') {
    const isOurs = (await readAnyJournal(path).catch(() => undefined)) !== undefined;
    return isOurs && !(await isLockHeld(`${partial}.lock`)) ? item(path, 'temporary') : undefined;
  }
  // `.lock`, or `.lock.123.0`, which a run writes before it links it.
  if (!/^\.lock(?:\.\d+\.\d+)?$/.test(rest)) return undefined;
  if ((await readOwner(path)) === undefined || (await isLockHeld(path))) return undefined;
  return item(path, 'temporary');
}

function splitAfterPartial(path: string): [string, string] {
  const at = path.lastIndexOf('.partial.') + '.partial'.length;
  return [path.slice(0, at), path.slice(at)];
}

async function item(
  path: string,
  kind: Leftover['kind'],
  companions: string[] = [],
): Promise<Leftover> {
  return { path, kind, bytes: await diskBytes(path), companions };
}

export async function isOld(path: string, age = halfWrittenMilliseconds): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > age;
}

async function realFolder(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
