// Files that the system hands over: words of the command line (double click, "open with"), of a second start, and macOS's
// open-file. A model becomes known to the library where it is, as if it had been dropped on the window; a recipe is opened.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Studio } from '#src/studio/studio-platform.ts';

const openable = /\.(?:gguf|recipe\.json)$/i;

/** The files among a start's words; Chromium's switches and the program's own names are not. */
export function handedPaths(words: readonly string[], folder: string): readonly string[] {
  return words
    .slice(1)
    .filter((word) => !word.startsWith('-') && openable.test(word))
    .map((word) => resolve(folder, word));
}

/** The workspace folder among a start's own words (`own`: after the program, or Electron and the program); none if none. */
export function handedWorkspace(own: readonly string[], folder: string): string | undefined {
  return own
    .filter((word) => !word.startsWith('-'))
    .map((word) => resolve(folder, word))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
}

/** Gives them to the window. Throws when a file is not there. */
export async function takeHandedPaths(studio: Studio, paths: readonly string[]): Promise<void> {
  const isModel = (path: string) => /\.gguf$/i.test(path);
  const models = await studio.acceptPaths(paths.filter(isModel));
  const context = { signal: new AbortController().signal, emit: () => undefined };
  if (models.length > 0) await studio.handlers.addToLibrary({ files: [...models] }, context);
  for (const path of paths) if (!isModel(path)) await studio.openRecipe(path);
}
