// Router manifests below a folder: what the window lists, and the family of a workspace that is served without naming its
// file. Families lie in the outputs, one folder each.
import { routerManifestName } from '#src/contract/routing/manifest.ts';
import { findFiles } from './find-files.ts';

/** Links are left out: a family would be found twice, or one that lies elsewhere. Throws `signal.reason`. */
export function findManifests(folder: string, signal?: AbortSignal): Promise<string[]> {
  return findFiles(folder, {
    isWanted: (name) => name === routerManifestName,
    levels: 4,
    maximumFiles: 500,
    maximumEntries: 20_000,
    links: false,
    signal,
  });
}
