// From a path that may be a model to its headline: opens files, hands headers to the readers, and turns what they refuse
// into an item that says why.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LibraryItem } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { recognizeFile } from '#src/formats/recognize-file.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { toIoError } from '#src/io/io-error.ts';
import { listSourceFiles } from '#src/io/source-hash.ts';
import type { ModelCandidate } from '#src/io/walk-models.ts';
import { describeModelFolder, describePeftFolder } from '#src/stages/library/describe-folder.ts';
import { describeGguf } from '#src/stages/library/describe-gguf.ts';
import { describeLegacyMatrix } from '#src/stages/library/describe-matrix.ts';
import { itemOf, problemOfItem, type LibraryPlace } from '#src/stages/library/library-place.ts';
import type { DomainOfPlace } from './domain-of-place.ts';

/**
 * The item; kind `broken` where the headers say why it cannot be used. Undefined for a file that turns out to be
 * something else (a `.dat` that is no matrix). Throws only what is not about the file.
 */
export async function describeCandidate(
  candidate: ModelCandidate,
  domainOf: DomainOfPlace,
): Promise<LibraryItem | undefined> {
  const place = await placeOf(candidate, domainOf);
  try {
    switch (candidate.kind) {
      case 'gguf':
        return await describeGgufFile(candidate, place);
      case 'matrix':
        return await describeMatrixFile(candidate.path, place);
      case 'adapter-folder':
        return await describePeftFolder(await openFolder(candidate.path), place);
      case 'model-folder':
        return await describeModelFolder(await openFolder(candidate.path), place);
    }
  } catch (error) {
    const problem = problemOfItem(error);
    return { ...itemOf(place, 'broken', formatNames[candidate.kind]), problem };
  }
}

const formatNames: Record<ModelCandidate['kind'], string> = {
  gguf: 'GGUF',
  matrix: 'matrix (.dat)',
  'adapter-folder': 'PEFT folder',
  'model-folder': 'Hugging Face folder',
};

async function placeOf(
  { kind, path, name }: ModelCandidate,
  domainOf: DomainOfPlace,
): Promise<LibraryPlace> {
  const status = await stat(path).catch((error: unknown) => {
    // Deleted between being found and being read.
    const missing = toIoError(error, path);
    if (missing.code !== 'io/not-found') throw missing;
    return undefined;
  });
  const isFolder = kind === 'adapter-folder' || kind === 'model-folder';
  return {
    path,
    name,
    bytes: isFolder
      ? await folderBytes(path, kind === 'adapter-folder' ? 'adapter' : 'base')
      : (status?.size ?? 0),
    modified: status?.mtimeMs ?? 0,
    ...(kind === 'matrix' || kind === 'model-folder' ? {} : await domainOf(path)),
  };
}

/** Of the files that a build would read; what is missing or cannot be read is told by the readers. */
async function folderBytes(path: string, role: 'base' | 'adapter'): Promise<number> {
  const files = await listSourceFiles(path, role).catch((error: unknown) => {
    problemOfItem(error);
    return [];
  });
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function describeGgufFile(
  { path, missingParts }: ModelCandidate,
  place: LibraryPlace,
): Promise<LibraryItem> {
  if (missingParts.length > 0) {
    const shown = missingParts.slice(0, 5).join(', ');
    const more = missingParts.length > 5 ? ` and ${missingParts.length - 5} more` : '';
    throw new StudioError(
      'gguf/split',
      `${path} is part of a split model; missing: ${shown}${more}.`,
      {
        hint: 'Put all parts into one folder under their published names.',
        details: { missing: missingParts },
      },
    );
  }
  const source = await openFileByteSource(path);
  try {
    return await describeGguf(source, place, (name) =>
      openFileByteSource(join(dirname(path), name)),
    );
  } finally {
    await source.close();
  }
}

async function describeMatrixFile(
  path: string,
  place: LibraryPlace,
): Promise<LibraryItem | undefined> {
  const source = await openFileByteSource(path);
  try {
    const head = await readBytes(source, 0, Math.min(512, source.size));
    if (recognizeFile(head, source.size).kind === 'gguf') {
      return await describeGguf(source, place, (name) =>
        openFileByteSource(join(dirname(path), name)),
      );
    }
    const item = await describeLegacyMatrix(source, place);
    if (item !== undefined || !/imatrix/i.test(path.split(/[/\\]/).at(-1) ?? '')) return item;
    throw new StudioError('imatrix/invalid', `${path}: this is not an importance matrix.`, {
      hint: 'Fetch it again, or make one with llama-imatrix.',
    });
  } finally {
    await source.close();
  }
}
