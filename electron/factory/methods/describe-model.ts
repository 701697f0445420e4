// `describeModel`: the headline of one file or folder, as the library lists it.
import { basename } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { describeForeignFile } from '#src/formats/recognize-file.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { candidateAt, type ModelCandidate } from '#src/io/walk-models.ts';
import { isFolder } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { describeCandidate } from '../library/describe-candidate.ts';
import { domainsOfPlaces } from '../library/domain-of-place.ts';

/** Throws `io/not-found`, and `huggingface/invalid` or `format/not-gguf` for what is no model at all. */
export const describeModel: Handlers<FactoryContract>['describeModel'] = async ({ path }) => {
  const candidate = (await candidateAt(path)) ?? (await unnamedCandidate(path));
  const item = await describeCandidate(candidate, domainsOfPlaces());
  if (item !== undefined) return item;
  throw await foreign(path);
};

/** Files of caches are named by hash: those are told by their content. */
async function unnamedCandidate(path: string): Promise<ModelCandidate> {
  if (await isFolder(path)) {
    throw new StudioError(
      'huggingface/invalid',
      `${path} is neither the folder of a Hugging Face model nor of a PEFT adapter.`,
      { hint: 'Add it as a folder of models to see what lies in it.' },
    );
  }
  const source = await openFileByteSource(path);
  try {
    const head = await readBytes(source, 0, Math.min(512, source.size));
    const { kind } = describeForeignFile(head, source.size);
    if (kind !== 'gguf') throw await foreign(path);
    return { kind: 'gguf', path, name: basename(path), missingParts: [] };
  } finally {
    await source.close();
  }
}

async function foreign(path: string): Promise<StudioError> {
  const source = await openFileByteSource(path);
  try {
    const head = await readBytes(source, 0, Math.min(512, source.size));
    const { description, hint, kind } = describeForeignFile(head, source.size);
    return new StudioError('format/not-gguf', `${path}: this is ${description}.`, {
      hint,
      details: { kind },
    });
  } finally {
    await source.close();
  }
}
