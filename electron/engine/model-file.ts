// What the file of a model is before it is loaded.
import { stat } from 'node:fs/promises';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';

export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  /** Differs when the file was written anew. */
  readonly version: string;
}

/** Throws `io/*` when it cannot be read, `gguf/invalid` for a folder. */
export async function statModel(path: string): Promise<ModelFile> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (status.isDirectory()) {
    throw new StudioError('gguf/invalid', `${path} is a folder; a chat needs a GGUF file.`, {
      hint: 'Convert a Hugging Face folder first: gguf-studio convert FOLDER --outfile model.gguf.',
    });
  }
  return { path, bytes: status.size, version: `${status.size}-${status.mtimeMs}-${status.ino}` };
}

/**
 * True when another file has the path since. Not when there is none: a deleted model lives on in memory, but pages of one
 * that was written over are gone, and reading them would end the engine.
 */
export async function wasReplaced({ path, version }: ModelFile): Promise<boolean> {
  const now = await statModel(path).catch(() => undefined);
  return now !== undefined && now.version !== version;
}
