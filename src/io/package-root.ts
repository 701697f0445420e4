// Where the files that ship with GGUF Studio lie (assets, configs): the folder of our own package.json, found upward from
// the running script, so that it works from source, from a bundle and from an installed package.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '#src/errors/studio-error.ts';

/** Absolute path of the package's folder. Throws `internal` when the installation is incomplete. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
      if (name === 'gguf-studio') return outsideArchive(folder);
    }
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  throw new StudioError('internal', 'The files that ship with GGUF Studio were not found.', {
    hint: 'Install GGUF Studio again.',
  });
}

/** The files of a desktop package that must be real ones lie beside its archive, which plain Node cannot look into. */
function outsideArchive(folder: string): string {
  const unpacked = folder.replace(/app\.asar$/, 'app.asar.unpacked');
  return existsSync(join(unpacked, 'package.json')) ? unpacked : folder;
}
