// Folders that `clean` may look into: made and marked by the app, and reached without following a link.
import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwnFolder } from './studio-home.ts';

/**
 * The real path of a marked folder below `home`; undefined for one that is missing, has no mark, or is or lies behind a
 * link. `home` itself may be one: it is where the user said.
 */
export async function ownFolderInside(
  home: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  const place = await realFolderInside(home, ...names);
  return place !== undefined && (await isOwnFolder(place)) ? place : undefined;
}

/** As ownFolderInside, without asking for the mark. */
export async function realFolderInside(
  outer: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  try {
    const real = await realpath(outer);
    const place = join(real, ...names);
    if ((await realpath(place)) !== place || !(await lstat(place)).isDirectory()) return undefined;
    return place;
  } catch {
    return undefined;
  }
}
