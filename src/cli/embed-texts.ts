// Vectors for the classifiers that need a model, by the engine host: an embedding GGUF, or the base of one of the family's
// parents. Nothing is loaded before the first text.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import type { EmbedTexts } from '#src/routing/classifier.ts';
import { embeddingModelOf } from '#src/serving/embedding-model.ts';
import { openFamilyFiles } from '#src/serving/family-files.ts';
import type { ReadFamily } from '#src/serving/read-family.ts';
import type { CommandContext } from './command.ts';

/** Texts of one call; the engine takes more, but a cancelled command should not wait for all of them. */
const batch = 256;

/** For a manifest whose classifier needs it; `given` is a file that the command line named in place of the manifest's. */
export function embedderOf(
  family: ReadFamily,
  given: string | undefined,
  context: CommandContext,
): EmbedTexts | undefined {
  if (family.manifest.classifier.kind === 'lexical') return undefined;
  let path: Promise<string> | undefined;
  return async (texts) => {
    path ??= given === undefined ? modelPath(family, context.signal) : Promise.resolve(given);
    const served = { parent: 'router', path: await path, streams: 1 };
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += batch) {
      const part = texts.slice(start, start + batch);
      const result = await context.engine('embed', { served, texts: part, cut: true });
      vectors.push(...result.vectors.map((vector) => Float32Array.from(vector)));
    }
    return vectors;
  };
}

async function modelPath(family: ReadFamily, signal: AbortSignal): Promise<string> {
  const { file, sha256 } = embeddingModelOf(family.manifest);
  const isThere = await stat(join(family.folder, file)).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    throw new StudioError(
      'routing/embedding',
      `The classifier needs ${file}, which does not lie beside ${family.path}.`,
      { hint: 'Name an embedding model with --embedding FILE, or take --classifier lexical.' },
    );
  }
  return openFamilyFiles(family.folder).verified(file, sha256, signal);
}
