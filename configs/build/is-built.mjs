// Whether dist is newer than everything that it is made of.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const sources = ['src', 'electron', 'renderer', 'configs', 'package.json', 'package-lock.json'];

/** True when the last whole build is newer than every source. */
export function isBuilt(root) {
  const mark = join(root, 'dist/.built');
  if (!existsSync(mark)) return false;
  const built = statSync(mark).mtimeMs;
  return sources.every((source) => newest(join(root, source)) <= built);
}

function newest(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const inside = readdirSync(path).map((name) => newest(join(path, name)));
  // A folder's own time tells of files that were taken away.
  return Math.max(status.mtimeMs, ...inside);
}
