// What routing is learned from and measured on: the routing set of the workspace, else the embedded one; and vectors of texts
// where a manifest asks a model.
import { opendir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { packageRoot } from '#src/io/package-root.ts';
import { parseRoutingSet } from '#src/routing/evaluation/parse-routing-set.ts';
import type { EmbedTexts } from '#src/routing/router.ts';
import type { StudioHosts } from './studio-hosts.ts';
import { isInside } from './studio-files.ts';

/** A workspace's own sets lie here, one a file. */
export const routingFolderName = 'routing';

const maximumSets = 50;
const maximumBytes = 16 * 1024 * 1024;

/**
 * The set that knows most of the manifest's routes: one of the workspace before the embedded one. Throws `routing/set` when
 * none knows any, or the workspace's own cannot be read.
 */
export async function findRoutingSet(
  manifest: RouterManifest,
  workspaceFolder: string,
): Promise<RoutingSet> {
  const ids = new Set(manifest.routes.map(({ id }) => id));
  let best: { set: RoutingSet; known: number } | undefined;
  const paths = [
    ...(await ownSets(workspaceFolder)),
    join(packageRoot(), 'configs', 'routing', 'seedling.json'),
  ];
  for (const path of paths) {
    const text = await readFile(path, 'utf8');
    // Manifests may lie beside sets, and prompts of another kind: the ones have parents, the others no off-topic ones.
    if (/^\s*"parents"\s*:/m.test(text) || !/"offTopic"\s*:/.test(text)) continue;
    const set = parseRoutingSet(text, path);
    const known = Object.keys(set.routes).filter((id) => ids.has(id)).length;
    if (known > (best?.known ?? 0)) best = { set, known };
  }
  if (best !== undefined) return best.set;
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

/** Embeds with what the manifest's classifier names, in the engine host; undefined where it decides by words. */
export function embedTextsOf(
  { classifier, parents }: RouterManifest,
  manifestPath: string,
  engine: StudioHosts['engine'],
): EmbedTexts | undefined {
  if (classifier.kind === 'lexical') return undefined;
  const folder = dirname(manifestPath);
  const parent = parents.find(({ id }) => id === classifier.parent) ?? parents[0];
  const file = classifier.file ?? parent?.file;
  if (file === undefined) return undefined;
  const path = resolve(folder, file);
  return async (texts) => {
    if (!isInside(folder, path)) {
      throw new StudioError('file/not-allowed', `${file} does not stay in the manifest's folder.`);
    }
    const served = { parent: `router-test ${path}`, path, keepAliveSeconds: 120, streams: 1 };
    const { vectors } = await engine.call('embed', { served, texts: [...texts], cut: true });
    return vectors.map((vector) => Float32Array.from(vector));
  };
}
