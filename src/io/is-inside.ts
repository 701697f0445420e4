// Does one path lie in another? By the paths alone: whoever needs to know where links lead gives real ones.
import nodePath, { type PlatformPath } from 'node:path';

/**
 * True when `path` is `folder` or lies in it, both absolute. `system`: whose rules are used, another one's only in tests.
 */
export function isInside(folder: string, path: string, system: PlatformPath = nodePath): boolean {
  const way = system.relative(folder, path);
  return way.split(system.sep)[0] !== '..' && !system.isAbsolute(way);
}

/** The way from a folder to what lies in it, with forward slashes; undefined for what lies elsewhere. */
export function pathInside(
  folder: string,
  path: string,
  system: PlatformPath = nodePath,
): string | undefined {
  if (!isInside(folder, path, system)) return undefined;
  return system.relative(folder, path).replaceAll(system.sep, '/');
}
