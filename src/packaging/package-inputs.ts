// What `package` is given, told apart: parents as GGUF files, families as manifests, and recipes that are built first.
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildParams, BuildResult } from '#src/contract/build.ts';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';

/** A family that lies in a folder. */
export interface FamilyInput {
  readonly folder: string;
  readonly manifest: RouterManifest;
}

export interface PackageInputs {
  /** Paths of GGUF files. */
  readonly parents: readonly string[];
  readonly families: readonly FamilyInput[];
}

export interface BuildPort {
  build(params: BuildParams): Promise<BuildResult>;
}

/** Recipes and manifests have a few megabytes at most. */
const maximumTextBytes = 64 << 20;

/** Throws `package/invalid` for what is none of these, and what building throws. */
export async function readPackageInputs(
  paths: readonly string[],
  options: { readonly overwrite: boolean; readonly validate: boolean },
  ports: BuildPort,
): Promise<PackageInputs> {
  const parents: string[] = [];
  const families: FamilyInput[] = [];
  for (const path of paths) {
    const status = await stat(path).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    if (status.isDirectory()) {
      families.push(await readFamilyFolder(path));
    } else if (!path.toLowerCase().endsWith('.json')) {
      parents.push(path);
    } else if (await isRecipe(path, status.size)) {
      const built = await ports.build({
        recipe: await readFile(path, 'utf8'),
        label: path,
        folder: dirname(path),
        ...options,
      });
      if (built.manifests.length === 0) parents.push(...built.files.map((file) => file.path));
      for (const manifest of built.manifests) families.push(await readFamily(manifest.path));
    } else {
      families.push(await readFamily(path));
    }
  }
  return { parents, families };
}

/** Folders of adapters and of base models look alike from outside: what is missing is said, and where adapters belong. */
async function readFamilyFolder(folder: string): Promise<FamilyInput> {
  const path = join(folder, routerManifestName);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return readFamily(path);
  throw new StudioError(
    'package/invalid',
    `${folder} is no family: it holds no ${routerManifestName}.`,
    {
      hint: `Give a parent (GGUF), a family's folder or a recipe. An adapter is given with --lora ${folder}; a base model's folder is built first: gguf-studio quantize.`,
    },
  );
}

/** Throws `routing/manifest` and I/O errors. */
export async function readFamily(path: string): Promise<FamilyInput> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return { folder: dirname(path), manifest: parseManifest(text, path) };
}

/** A recipe has nodes, a manifest parents; comments are allowed in recipes, so the text is not parsed as JSON. */
async function isRecipe(path: string, size: number): Promise<boolean> {
  if (size > maximumTextBytes) {
    throw new StudioError('package/invalid', `${path} has ${size} bytes, too many for a recipe or a manifest.`); // prettier-ignore
  }
  const text = await readFile(path, 'utf8');
  return /"nodes"\s*:\s*\[/.test(text) && !/"parents"\s*:\s*\[/.test(text);
}
