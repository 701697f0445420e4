// Recipe files as texts with a hash: opened, saved without overwriting what another program wrote meanwhile, and watched.
// Opening parses nothing: the canvas shows what is wrong with a broken one.
import { access, constants, open, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';

/** What parseJsonText reads, in UTF-8. */
export const maximumRecipeBytes = 32 * 1024 * 1024;

export interface RecipeText {
  readonly text: string;
  readonly hash: string;
}

export function hashOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Reads a recipe. Throws `recipe/invalid` for what cannot be one: another name, too large, no UTF-8. */
export async function readRecipeText(path: string): Promise<RecipeText> {
  refuseOtherNames(path);
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maximumRecipeBytes) throw tooLarge(path, size);
      return decode(await handle.readFile(), path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, path);
  }
}

function decode(bytes: Uint8Array, path: string): RecipeText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, hash: hashOfText(text) };
  } catch (error) {
    throw new StudioError('recipe/invalid', `${path} is not UTF-8 text.`, {
      hint: 'A recipe is a JSON file: check that this is the file you meant, or save it as UTF-8.',
      cause: error,
    });
  }
}

/**
 * Writes a recipe at once and whole. `expectedHash` is the text that the edits started from; without it the file must not
 * exist. Throws `recipe/changed-on-disk`, `output/exists`, `recipe/invalid`, `io/failed`, `io/disk-full`.
 */
export async function writeRecipeText(
  path: string,
  text: string,
  expectedHash: string | undefined,
): Promise<RecipeText> {
  refuseOtherNames(path);
  refuseOtherTexts(text, path);
  const hash = hashOfText(text);
  const found = await hashOnDisk(path);
  if (found === hash) return { text, hash };
  if (found !== undefined && expectedHash === undefined) {
    throw new StudioError('output/exists', `${path} exists already.`, {
      hint: 'Give the recipe another name, or open that one.',
    });
  }
  // A file that was deleted meanwhile is written again: nothing of anybody is lost.
  if (found !== undefined && found !== expectedHash) {
    throw new StudioError(
      'recipe/changed-on-disk',
      `${path} was changed by another program since it was opened.`,
      {
        hint: 'Save under another name, or open the file again and make your changes there.',
        details: { path, expectedHash, hash: found },
      },
    );
  }
  await writeFileAtomically(path, text);
  return { text, hash };
}

/** The hash of the file's bytes, or undefined when there is none. */
export async function hashOnDisk(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maximumRecipeBytes) return 'too-large';
    const handle = await open(path, 'r');
    try {
      return createHash('sha256')
        .update(await handle.readFile())
        .digest('hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw toIoError(error, path);
  }
}

export async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** The window may read and write recipes, not any file that it can name. */
function refuseOtherNames(path: string): void {
  if (/\.json$/i.test(path)) return;
  throw new StudioError('recipe/invalid', `${path} is no recipe: its name does not end in .json.`, {
    hint: 'Recipes are called NAME.recipe.json.',
  });
}

function refuseOtherTexts(text: string, path: string): void {
  const { value } = parseJsonText(text, path, 'recipe/invalid');
  if (typeof value === 'object' && value !== null && 'nodes' in value && 'version' in value) return;
  throw new StudioError(
    'recipe/invalid',
    `${path} would be no recipe: it needs "version" and "nodes".`,
    { hint: 'Nothing was saved.' },
  );
}

function tooLarge(path: string, bytes: number): StudioError {
  return new StudioError(
    'recipe/invalid',
    `${path} has ${bytes} bytes; a recipe has at most ${maximumRecipeBytes}.`,
    {
      hint: 'Check that this is the file you meant.',
    },
  );
}
