// What routing is learned from and measured on: the routing set of the workspace, else the embedded one; and vectors of texts
// where a manifest asks a model.
import { opendir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { embeddedRoutingSetPath, readRoutingText } from '#src/io/routing-files.ts';
import { parseRoutingSet, routesOfSet } from '#src/routing/evaluation/parse-routing-set.ts';
import type { EmbedTexts } from '#src/routing/router.ts';
import { embeddingModelOf } from '#src/serving/embedding-model.ts';
import { openFamilyFiles } from '#src/serving/family-files.ts';
import type { StudioHosts } from './studio-hosts.ts';

/** A workspace's own sets lie here, one a file. */
export const routingFolderName = 'routing';

const maximumSets = 50;
const maximumBytes = 16 * 1024 * 1024;

/**
 * The set that knows most of the manifest's routes: one of the workspace before the embedded one. Throws `routing/set` when
 * none knows any, or one of the workspace names routes of this manifest and cannot be read.
 */
export async function findRoutingSet(
  manifest: RouterManifest,
  workspaceFolder: string,
): Promise<RoutingSet> {
  const ids = new Set(manifest.routes.map(({ id }) => id));
  let best: { set: RoutingSet; known: number } | undefined;
  let broken: StudioError | undefined;
  for (const path of [...(await ownSets(workspaceFolder)), embeddedRoutingSetPath()]) {
    const text = await readRoutingText(path);
    let names: readonly string[] = [];
    try {
      names = routesOfSet(text, path) ?? [];
    } catch (error) {
      // Of a text that is no JSON nobody knows whose it is: it is told where nothing else fits.
      if (!(error instanceof StudioError)) throw error;
      broken ??= error;
    }
    const known = names.filter((id) => ids.has(id)).length;
    // What is wrong with sets of other families is not this one's concern.
    if (known > (best?.known ?? 0)) best = { set: parseRoutingSet(text, path), known };
  }
  if (best !== undefined) return best.set;
  if (broken !== undefined) throw broken;
  throw new StudioError(
    'routing/set',
    `There are no test prompts for the routes of ${manifest.name}.`,
    {
      hint: `Write a routing set (train and test prompts by route, off-topic ones) to ${routingFolderName}/NAME.json in the workspace; configs/routing/seedling.json of GGUF Studio is an example.`,
    },
  );
}

async function ownSets(workspaceFolder: string): Promise<string[]> {
  const folder = join(workspaceFolder, routingFolderName);
  const paths: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.isFile() || !/\.json$/i.test(entry.name) || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if ((await stat(path)).size <= maximumBytes) paths.push(path);
      if (paths.length === maximumSets) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return paths.sort();
}

/**
 * Embeds with what the manifest's classifier names, in the engine host; undefined where it decides by words. As when it is
 * served, a file leads nowhere else and has the bytes that the manifest promises, or the call throws `serving/files`.
 */
export function embedTextsOf(
  manifest: RouterManifest,
  manifestPath: string,
  engine: StudioHosts['engine'],
): EmbedTexts | undefined {
  if (manifest.classifier.kind === 'lexical') return undefined;
  const files = openFamilyFiles(dirname(manifestPath));
  const model = embeddingModelOf(manifest);
  return async (texts) => {
    const path = await files.verified(model.file, model.sha256);
    const served = { parent: `router-test ${path}`, path, keepAliveSeconds: 120, streams: 1 };
    const { vectors } = await engine.call('embed', { served, texts: [...texts], cut: true });
    return vectors.map((vector) => Float32Array.from(vector));
  };
}
