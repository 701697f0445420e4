// Router manifests below a folder: the family of a workspace is served without naming its file.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { routerManifestName } from '#src/contract/routing/manifest.ts';

const mostFolders = 2_000;
const mostDepth = 4;

/** In the order of their depth, then their names. Folders that cannot be read, hidden ones and links are left out. */
export async function findManifests(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level = [folder];
  let seen = 0;
  for (let depth = 0; depth <= mostDepth && level.length > 0; depth++) {
    const next: string[] = [];
    for (const each of level) {
      if (++seen > mostFolders) return found;
      const entries = await readdir(each, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
        if (entry.isFile() && entry.name === routerManifestName) found.push(join(each, entry.name));
        const isHidden = entry.name.startsWith('.') || entry.name === 'node_modules';
        if (entry.isDirectory() && !isHidden) next.push(join(each, entry.name));
      }
    }
    level = next;
  }
  return found;
}
