// Router manifests of the window: found in the workspace, opened with what is wrong beside them, and saved as edits of
// their text over the version that the edits began with.
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ManifestDocument, ManifestSummary } from '#src/contract/studio/router.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { findManifests } from '#src/io/find-manifests.ts';
import { toIoError } from '#src/io/io-error.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { refreshChecksums } from '#src/packaging/checksums.ts';
import type { JsonText } from '#src/recipe/json-text.ts';
import { parseManifestDocument } from '#src/routing/manifest/parse-manifest.ts';
import { findManifestProblems } from './manifest-problems.ts';
import { rewriteJson } from './rewrite-json.ts';
import type { StudioFiles } from './studio-files.ts';

const maximumBytes = 32 * 1024 * 1024;

export interface ReadManifest {
  readonly text: string;
  readonly sha256: string;
  readonly manifest: RouterManifest;
}

/** Newest first; those that cannot be opened say why. */
export async function listManifests(
  files: StudioFiles,
  folder: string,
  signal: AbortSignal,
): Promise<ManifestSummary[]> {
  const paths = await findManifests(folder, signal);
  const found: { modified: number; summary: ManifestSummary }[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    if (!(await files.allows(path).catch(() => false))) continue;
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) continue;
    const file = files.reference(path);
    found.push({ modified: status.mtimeMs, summary: { file, ...(await describe(path)) } });
  }
  return found.sort((a, b) => b.modified - a.modified).map(({ summary }) => summary);
}

async function describe(path: string): Promise<Omit<ManifestSummary, 'file'>> {
  try {
    const { manifest } = await readManifest(path);
    const { name, parents, routes } = manifest;
    return { name, parents: parents.length, routes: routes.length };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return { name: '', parents: 0, routes: 0, problem: error.message };
  }
}

/** Reads and parses one. Throws `routing/manifest`, `io/not-found`, `io/failed`. */
export async function readManifest(path: string): Promise<ReadManifest> {
  const { text, sha256 } = await readText(path);
  return { text, sha256, manifest: parseManifestDocument(text, path).manifest };
}

/** The document of a window. */
export async function openManifest(files: StudioFiles, path: string): Promise<ManifestDocument> {
  const { manifest, sha256 } = await readManifest(path);
  const problems = await findManifestProblems(manifest, dirname(path));
  return { file: files.reference(path), manifest, sha256, problems };
}

/**
 * Writes a manifest over the version `sha256`. Throws `routing/changed-on-disk` when the file holds another one by now; one
 * that was deleted meanwhile is written anew.
 */
export async function saveManifest(
  files: StudioFiles,
  path: string,
  manifest: RouterManifest,
  sha256: string,
): Promise<ManifestDocument> {
  const found = await readText(path).catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    throw error;
  });
  if (found !== undefined && found.sha256 !== sha256) {
    throw new StudioError(
      'routing/changed-on-disk',
      `${path} was changed by another program since it was opened.`,
      {
        hint: 'Take its version and make your changes there, or overwrite it.',
        details: { path, sha256: found.sha256 },
      },
    );
  }
  const before = found === undefined ? undefined : jsonOf(found.text, path);
  const text =
    before === undefined
      ? `${JSON.stringify(manifest, null, 2)}\n`
      : rewriteJson(before, manifest, 'routing/manifest');
  // What is written can be opened again: a name that is too long is told now, not at the next start.
  parseManifestDocument(text, path);
  if (text !== found?.text) {
    await writeFileAtomically(path, text);
    // A broken SHA256SUMS is for `verify` to tell; the manifest is saved.
    await refreshChecksums(dirname(path), [basename(path)]).catch(() => undefined);
  }
  return openManifest(files, path);
}

/** Undefined for a text that another program broke: there is nothing in it to keep the form of. */
function jsonOf(text: string, path: string): JsonText | undefined {
  try {
    return parseManifestDocument(text, path).json;
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<{ text: string; sha256: string }> {
  if (!/\.json$/i.test(path)) {
    throw new StudioError(
      'routing/manifest',
      `${path} is no manifest: its name does not end in .json.`,
      {
        hint: `Families have a ${routerManifestName} beside their parents.`,
      },
    );
  }
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maximumBytes) {
        throw new StudioError(
          'routing/manifest',
          `${path} has ${size} bytes; a manifest has at most ${maximumBytes}.`,
          {
            hint: 'Check that this is the file you meant.',
          },
        );
      }
      const bytes = await handle.readFile();
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return {
        text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
        sha256,
      };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TypeError) {
      throw new StudioError('routing/manifest', `${path} is not UTF-8 text.`, {
        hint: 'A manifest is a JSON file: check that this is the file you meant.',
        cause: error,
      });
    }
    throw toIoError(error, path);
  }
}
