// Files that the system hands over: words of the command line (double click, "open with"), of a second start, and macOS's
// open-file. They become known to the library where they are, as if they had been dropped on the window.
import { isAbsolute, resolve } from 'node:path';
import type { Studio } from '#src/studio/studio-platform.ts';

const openable = /\.(?:gguf|recipe\.json)$/i;

/** The files among a start's words; Chromium's switches and the program's own names are not. */
export function handedPaths(words: readonly string[], folder: string): readonly string[] {
  return words
    .slice(1)
    .filter((word) => !word.startsWith('-') && openable.test(word))
    .map((word) => (isAbsolute(word) ? word : resolve(folder, word)));
}

/** Adds them to the library. A file that cannot be taken is told of by the library, not here. */
export async function takeHandedPaths(studio: Studio, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const files = await studio.acceptPaths(paths);
  const context = { signal: new AbortController().signal, emit: () => undefined };
  const models = files.filter((_, index) => /\.gguf$/i.test(paths[index] ?? ''));
  if (models.length > 0) await studio.handlers.addToLibrary({ files: [...models] }, context);
}
