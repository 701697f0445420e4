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
