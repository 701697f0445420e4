// A file that a manifest names, below the manifest's folder and nowhere else: manifests come from anyone, and a path or a
// link out of the folder would make a package read what was never given to it.
import { lstat, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';

/** True for a path that stays below the folder it starts at, whatever system reads it. */
export function isInnerPath(file: string): boolean {
  if (file === '' || /[\u0000-\u001f]/.test(file)) return false;
  if (/^(?:[\\/]|[A-Za-z]:)/.test(file)) return false;
  return !file.split(/[\\/]/).some((part) => part === '..');
}

/**
 * The absolute path of an existing regular file. Throws `package/invalid` for a path or a link that leads out of the
 * folder, `io/not-found` when nothing is there.
 */
export async function resolveInside(folder: string, file: string): Promise<string> {
  if (!isInnerPath(file)) {
    throw new StudioError('package/invalid', `"${file}" does not stay in the folder ${folder}.`, {
      hint: 'Files are named relative to the manifest, without "..".',
      details: { folder, file },
    });
  }
  const path = join(folder, ...file.split(/[\\/]/));
  try {
    const real = await realpath(path);
    const inner = relative(await realpath(folder), real);
    if (inner === '..' || inner.startsWith(`..${sep}`)) {
      const isLink = (await lstat(path)).isSymbolicLink();
      throw new StudioError(
        'package/invalid',
        `${path} ${isLink ? 'is a link that leads' : 'leads'} out of the folder, to ${real}.`,
        { hint: 'Put the file itself into the folder.', details: { folder, file, real } },
      );
    }
    if (!(await stat(real)).isFile()) {
      throw new StudioError('io/not-found', `${path} is not a file.`);
    }
    return path;
  } catch (error) {
    throw toIoError(error, path);
  }
}
