// What the last build wrote into a router.json, by the file's place: only so can a change by hand be told from a change of
// the recipe. Kept in the studio's own folder; where it is missing (another machine), both sides' values are kept.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routerManifestSchema, type RouterManifest } from '#src/contract/routing/manifest.ts';
import { studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export function lastManifestFolder(): string {
  return join(studioHome(), 'store', 'manifests');
}

/** Undefined when none is remembered, or not in a form that this release reads. */
export async function lastManifest(
  path: string,
  folder = lastManifestFolder(),
): Promise<RouterManifest | undefined> {
  try {
    return routerManifestSchema.safeParse(JSON.parse(await readFile(placeOf(path, folder), 'utf8'))).data; // prettier-ignore
  } catch {
    return undefined;
  }
}

/** A full disk or a read-only home must not stop a build that needs neither. */
export async function rememberManifest(
  path: string,
  made: RouterManifest,
  folder = lastManifestFolder(),
): Promise<void> {
  await writeFileAtomically(placeOf(path, folder), JSON.stringify(made), { flush: false }).catch(
    () => undefined,
  );
}

function placeOf(path: string, folder: string): string {
  return join(folder, `${createHash('sha256').update(path).digest('hex')}.json`);
}
