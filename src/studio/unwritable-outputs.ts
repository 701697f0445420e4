// Will anything take the outputs? Asked before a build becomes a job: a read-only disk is found at once, with the folder
// that has to change, and not at the first file.
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import type { Recipe } from '#src/recipe/recipe-schema.ts';

/** Throws `io/failed` when a folder that the build would write in cannot be written. `folder` is the recipe's. */
export async function refuseUnwritableOutputs(
  recipe: Recipe,
  label: string,
  folder: string,
): Promise<void> {
  for (const given of outputFolders(recipe, label)) {
    const path = resolve(folder, given);
    const place = await nearestFolder(path);
    const code = await access(place, constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') continue;
    const why = code === 'EROFS' ? 'the disk is read-only' : 'its permissions do not allow it';
    throw new StudioError(
      'io/failed',
      `The build cannot start: nothing can be written in ${path}, ${why}.`,
      {
        hint: 'Choose another output folder in the inspector, or open a workspace that can be written.',
        details: { path, systemCode: code },
      },
    );
  }
}

/** As the recipe says; none for a recipe whose faults the build itself will tell. */
function outputFolders(recipe: Recipe, label: string): ReadonlySet<string> {
  try {
    const { passes, families } = planRecipe(recipe, label);
    return new Set([
      ...passes.flatMap(({ outputs }) => outputs.map(({ folder }) => folder)),
      ...families.map(({ node }) => node.folder),
    ]);
  } catch {
    return new Set();
  }
}

async function nearestFolder(path: string): Promise<string> {
  const isThere = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  const parent = dirname(path);
  return isThere || parent === path ? path : nearestFolder(parent);
}
