// The manifest of the embedded Seedling family, there without any build: what `route test` uses when nobody names another.
// Written by configs/build/write-seedling-family.mjs; a test builds the family and compares. The parents themselves are made
// by `gguf-studio build seedling.recipe.json` in the Seedling workspace.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import { toIoError } from '#src/io/io-error.ts';
import { packageRoot } from '#src/io/package-root.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';

export function embeddedManifestPath(): string {
  return join(packageRoot(), 'assets', 'seedling-family', routerManifestName);
}

/** Its files are not there until they are built. */
export async function embeddedManifest(): Promise<RouterManifest> {
  const path = embeddedManifestPath();
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return parseManifest(text, path);
}
