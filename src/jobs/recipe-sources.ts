// The sources of a recipe on disk: where they lie, which files they consist of, and their content hashes. Hashes are
// remembered per file, so only new or changed files are read.
import { basename, resolve } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashSourceFiles, listSourceFiles, type SourceFile } from '#src/io/source-hash.ts';
import type { RecipePlan } from '#src/recipe/plan.ts';
import type { BuildSteps } from './build-steps.ts';
import { isCollected, usedSources, type SourceNode } from './used-sources.ts';

export interface RecipeSource {
  readonly node: SourceNode;
  /** Absolute. */
  readonly path: string;
  /** The folder's or file's own name, links not followed; a model's metadata can depend on it. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly files: readonly SourceFile[];
  /** Content hash; see hashSourceFiles. */
  readonly sha256: string;
  /** Of a collected matrix: the hash of what it was read on. */
  readonly textsSha256?: string | undefined;
}

/** By node id. */
export type RecipeSources = ReadonlyMap<string, RecipeSource>;

/**
 * Finds and hashes every source that a plan uses, but for matrices that have to be collected first. Throws `io/not-found`, `recipe/invalid` for a source whose content is
 * not the pinned one, and `signal.reason`.
 */
export async function readRecipeSources(
  plan: RecipePlan,
  folder: string,
  steps: BuildSteps,
  emit: EventSink,
  signal: AbortSignal,
): Promise<RecipeSources> {
  const located = await Promise.all(
    usedSources(plan.passes)
      .filter((node) => !isCollected(node))
      .map((node) => steps.blame([{ node: node.id }], () => locateSource(node, folder))),
  );
  const total = located.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  emit({ event: 'phase', phase: 'Hashing sources' });
  let done = 0;
  const sources = new Map<string, RecipeSource>();
  for (const source of located) {
    const { id } = source.node;
    const size = source.files.reduce((sum, file) => sum + file.size, 0);
    let ownDone = 0;
    const onBytes = (count: number) => {
      done = Math.min(total, done + count);
      ownDone = Math.min(size, ownDone + count);
      steps.hashing(id, ownDone, size);
      emit({ event: 'progress', done, total, unit: 'bytes' });
    };
    const sha256 = await steps.blame([{ node: id }], async () => {
      const found = await hashSourceFiles(source.files, { signal, onBytes });
      checkPin(source.node, source.path, found);
      return found;
    });
    steps.hashed(id, size);
    sources.set(source.node.id, { ...source, sha256 });
  }
  return sources;
}

/**
 * Throws `io/failed` when a source is not what it was when it was hashed: what was made of it would carry a wrong hash.
 * Remembered hashes make this a look at each file's times.
 */
export async function refuseChanged(
  sources: Iterable<RecipeSource>,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, files, sha256 } of sources) {
    if ((await hashSourceFiles(files, { signal })) === sha256) continue;
    throw new StudioError('io/failed', `${path} changed while it was built from.`, {
      hint: 'Wait until whatever writes it has finished, then run the same command again.',
      details: { path },
    });
  }
}

/** Finds a source and its files; nothing is read. Throws `io/not-found`. */
export async function locateSource(
  node: SourceNode,
  folder: string,
): Promise<Omit<RecipeSource, 'sha256'>> {
  invariant(node.path !== undefined, 'a source has a path');
  const path = resolve(folder, node.path);
  const files = await listSourceFiles(path, node.kind);
  // A file, or one part of a split GGUF, is among its own files; a folder is not.
  const isFolder = !files.some((file) => file.path === path);
  return { node, path, name: basename(path), isFolder, files };
}

/** Throws `recipe/invalid` for a source whose content is not the pinned one. */
export function checkPin(node: SourceNode, path: string, sha256: string): void {
  if (node.sha256 === undefined || node.sha256 === sha256) return;
  throw new StudioError(
    'recipe/invalid',
    `${path} ("${node.id}") has the SHA-256 ${sha256}, but the recipe was made for ${node.sha256}.`,
    {
      hint: 'Fetch the pinned content, or remove "sha256" from the node to build with what is there.',
      details: { node: node.id, expected: node.sha256, found: sha256 },
    },
  );
}
