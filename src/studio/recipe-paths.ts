// Paths inside a recipe. A recipe may come from anywhere: before its text is planned or built, every path in it has to lie
// where the studio may look and write.
import { dirname, resolve } from 'node:path';
import type { FileReference } from '#src/contract/studio/files.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { migrateRecipe } from '#src/recipe/migrations.ts';
import type { StudioFiles } from './studio-files.ts';
import type { StudioHandlers } from './studio-platform.ts';
import type { StudioParts } from './studio-parts.ts';

/** A recipe's text with where it stands: what planning and building need. */
export interface PlacedRecipe {
  readonly text: string;
  /** How messages name it. */
  readonly label: string;
  /** Where its relative paths start. */
  readonly folder: string;
  /** The file, when it has been saved. */
  readonly path: string | undefined;
}

/** Throws `recipe/invalid`, `file/unknown`, and `file/not-allowed` for a path that leads out of the allowed folders. */
export async function placeRecipe(
  { files, workspace }: StudioParts,
  text: string,
  file: string | undefined,
  title: string,
): Promise<PlacedRecipe> {
  const path = file === undefined ? undefined : await files.pathOf(file);
  const folder = path === undefined ? workspace().folder : dirname(path);
  const label = path ?? title;
  // The factory's own reader, so that it finds no other path than this does.
  const { value } = migrateRecipe(parseJsonText(text, label, 'recipe/invalid'));
  for (const { node, field, given } of pathsIn(value)) {
    if (await files.allows(resolve(folder, given)).catch(() => false)) continue;
    throw new StudioError(
      'file/not-allowed',
      `"${node}": the ${field} ${given} is outside the folders that the studio may open.`,
      {
        hint: 'Choose it in the picker, or add its folder as a model folder.',
        details: { node, field, path: resolve(folder, given) },
      },
    );
  }
  return { text, label, folder, path };
}

/** A path, or a list of them (calibration texts), or of parts that have one each (companions). */
const pathFields = ['path', 'folder', 'texts', 'routing', 'companions'];

/** Every path that a node names, also of nodes that are not finished. */
function pathsIn(recipe: unknown): { node: string; field: string; given: string }[] {
  const nodes = isRecord(recipe) && Array.isArray(recipe['nodes']) ? recipe['nodes'] : [];
  return nodes.filter(isRecord).flatMap((node) =>
    pathFields.flatMap((field) => {
      const value = node[field];
      const all: readonly unknown[] = Array.isArray(value) ? value : [value];
      return all.flatMap((one) => {
        const given = isRecord(one) ? one['path'] : one;
        if (typeof given !== 'string' || given.includes('\0')) return [];
        return [{ node: typeof node['id'] === 'string' ? node['id'] : 'a node', field, given }];
      });
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recipePathHandlers(
  parts: StudioParts,
): StudioHandlers<'resolveRecipePath' | 'planBuild'> {
  const { files, hosts, workspace } = parts;
  return {
    async resolveRecipePath({ path, recipe }) {
      const folder =
        recipe === undefined ? workspace().folder : dirname(await files.pathOf(recipe));
      return referenceInside(files, resolve(folder, path));
    },
    async planBuild({ text, file }, { signal }) {
      const { label, folder } = await placeRecipe(parts, text, file, 'this recipe');
      return hosts.factory.call('planBuild', { recipe: text, label, folder }, { signal });
    },
  };
}

async function referenceInside(files: StudioFiles, path: string): Promise<FileReference | null> {
  const allowed = !path.includes('\0') && (await files.allows(path).catch(() => false));
  return allowed ? files.reference(path) : null;
}
