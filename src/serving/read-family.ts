// Finds and reads the manifest of a family: a router.json or the folder that it lies in.
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';

/** Examples of a thousand routes; nothing of a manifest is larger. */
const mostBytes = 64 * 2 ** 20;

export interface ReadFamily {
  readonly path: string;
  readonly folder: string;
  readonly manifest: RouterManifest;
  readonly sha256: string;
}

/** Throws `io/*`, `routing/manifest`. */
export async function readFamily(place: string): Promise<ReadFamily> {
  const status = await stat(place).catch((error: unknown) => {
    throw toIoError(error, place);
  });
  const path = status.isDirectory() ? join(place, routerManifestName) : place;
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  try {
    const { size } = await handle.stat();
    if (size > mostBytes) {
      throw new StudioError(
        'routing/manifest',
        `${path} has ${size} bytes: no manifest is so large.`,
      );
    }
    const bytes = await handle.readFile();
    return {
      path,
      folder: dirname(path),
      manifest: parseManifest(bytes.toString('utf8'), basename(path)),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  } finally {
    await handle.close();
  }
}
