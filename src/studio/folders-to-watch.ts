// Which folders tell when a model comes: those with models in them, and near the top also those that are still empty, because
// a build makes its folder long before its first file has a name.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Levels below a library's folder; `outputs/healthcare` is the second. */
const depth = 3;
/** Folders that are looked into; a collection of models has its models' folders anyway. */
const maximumLookedAt = 200;

/** `known` and the folders near the top of `roots`, hidden ones left out; unreadable ones are passed over. */
export async function foldersToWatch(
  roots: readonly string[],
  known: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const found = new Set(known);
  let level: readonly string[] = roots;
  let lookedAt = 0;
  for (let below = 0; below < depth && lookedAt < maximumLookedAt; below++) {
    const next: string[] = [];
    for (const folder of level.slice(0, maximumLookedAt - lookedAt)) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (entry.isDirectory() && !entry.name.startsWith('.')) next.push(join(folder, entry.name));
      }
    }
    lookedAt += level.length;
    for (const folder of next.slice(0, maximumLookedAt)) found.add(folder);
    level = next;
  }
  return found;
}
