// A file that a manifest names, below the manifest's folder and nowhere else: manifests come from anyone, and a path or a
// link out of the folder would make a package read, serve or tell of what was never given to it.
import { lstat, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { innerParts, isInnerPath } from './inner-path.ts';
import { toIoError } from './io-error.ts';
import { isInside } from './is-inside.ts';

export interface InnerPlace {
  /** Absolute, as it is named. */
  readonly path: string;
  /** Where its links lead. */
  readonly real: string;
}

/** Why a name is not followed: its own text, or a link on its way. */
export type Escape =
  | { readonly leads: 'out' }
  | { readonly leads: 'away'; readonly path: string; readonly real: string };

/** Where a name leads in a folder. Throws `io/not-found` when nothing is there, and other I/O errors. */
export async function placeInside(folder: string, file: string): Promise<InnerPlace | Escape> {
  if (!isInnerPath(file)) return { leads: 'out' };
  const path = join(folder, ...innerParts(file));
  try {
    const real = await realpath(path);
    return isInside(await realpath(folder), real) ? { path, real } : { leads: 'away', path, real };
  } catch (error) {
    throw toIoError(error, path);
  }
}

/**
 * The absolute path of an existing regular file. Throws `package/invalid` for a path or a link that leads out of the
 * folder, `io/not-found` when nothing is there.
 */
export async function resolveInside(folder: string, file: string): Promise<string> {
  const place = await placeInside(folder, file);
  if ('leads' in place) {
    const details = { folder, file };
    if (place.leads === 'out') {
      throw new StudioError('package/invalid', `"${file}" does not stay in the folder ${folder}.`, {
        hint: 'Files are named relative to the manifest, without "..".',
        details,
      });
    }
    const { path, real } = place;
    const isLink = (await lstat(path)).isSymbolicLink();
    throw new StudioError(
      'package/invalid',
      `${path} ${isLink ? 'is a link that leads' : 'leads'} out of the folder, to ${real}.`,
      { hint: 'Put the file itself into the folder.', details: { ...details, real } },
    );
  }
  const { path, real } = place;
  const status = await stat(real).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (!status.isFile()) throw new StudioError('io/not-found', `${path} is not a file.`);
  return path;
}
