// Recipes of the window: listed, opened, saved and watched.
import { join, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { isInside } from '#src/io/is-inside.ts';
import { plainName } from './file-handlers.ts';
import { listRecipes } from './list-recipes.ts';
import { isWritable, readRecipeText, writeRecipeText } from './recipe-texts.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import { watchFiles } from './watched-files.ts';
import type { StudioHandlers } from './studio-platform.ts';

export interface RecipePart {
  readonly handlers: StudioHandlers<'listRecipes' | 'openRecipe' | 'saveRecipe'>;
  dispose(): void;
}

export function recipePart(parts: StudioParts): RecipePart {
  const { files, watchers, workspace } = parts;
  const watched = watchFiles((path, hash) =>
    watchers.send({ event: 'recipe-changed', file: files.reference(path).id, hash }),
  );
  const document = async (path: string, text: string, hash: string) => {
    watched.follow(path, hash);
    return { file: files.reference(path), text, hash, readOnly: !(await isWritable(path)) };
  };

  return {
    handlers: {
      listRecipes: (_params, { signal }) => listRecipes(files, workspace().folder, signal),
      async openRecipe({ file }) {
        const path = await files.pathOf(file);
        const { text, hash } = await readRecipeText(path);
        return document(path, text, hash);
      },
      async saveRecipe({ file, name, text, expectedHash }) {
        const path =
          file === undefined ? newRecipePath(parts, name ?? 'recipe') : await files.pathOf(file);
        await files.admit(path);
        refuseOwnFiles(parts, path);
        const { hash } = await writeRecipeText(path, text, expectedHash);
        return document(path, text, hash);
      },
    },
    dispose: () => watched.close(),
  };
}

/** A new recipe lies in the workspace itself: its relative paths start there, as those of the model mapping do. */
function newRecipePath({ workspace }: StudioParts, name: string): string {
  refuseReadOnly(workspace());
  const plain = plainName(name.replace(/(\.recipe)?\.json$/i, ''));
  if (plain.startsWith('.')) {
    throw new StudioError('file/not-allowed', `"${plain}" would be a hidden file.`, {
      hint: 'Give the recipe a name that does not start with a dot.',
    });
  }
  return join(workspace().folder, `${plain}.recipe.json`);
}

/** The studio's own files (settings, jobs, drafts) are JSON too, and not the window's to write. */
function refuseOwnFiles({ home, workspace }: StudioParts, path: string): void {
  const own = resolve(home);
  if (
    !isInside(own, path) ||
    isInside(workspace().folder, path) ||
    isInside(join(own, 'seedling'), path)
  )
    return;
  throw new StudioError('file/not-allowed', `${path} is one of the studio's own files.`, {
    hint: 'Save the recipe in the workspace.',
  });
}
