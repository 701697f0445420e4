// Writes a run: its token files while it is measured, run.json last, then the folder gets its name. A run that was cancelled
// leaves nothing (its finished chunks are in the store).
import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '#src/contract/quality/run.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { encodeScoreFile, encodeTextTokens } from '#src/evaluation/token-files.ts';
import { toIoError } from '#src/io/io-error.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { nativeLibrary } from '../native-library.ts';
import type { MeasuredPass } from './measure-subjects.ts';
import { withVocabulary } from './prepare-measurement.ts';

export interface RunFolder {
  /** Writes a pass's token files. */
  write(pass: MeasuredPass): Promise<void>;
  /** Writes run.json and gives the folder its name; gives the path of run.json. Throws `output/exists`. */
  finish(run: Run): Promise<string>;
  abandon(): Promise<void>;
}

export const textFile = (folder: string, text: string): string =>
  join(folder, 'texts', `${text}.tokens`);
export const scoreFile = (folder: string, subject: string, text: string): string =>
  join(folder, 'scores', subject, `${text}.scores`);

/** Throws `output/exists` when there is a run of that id. */
export async function openRunFolder(folder: string, id: string): Promise<RunFolder> {
  const path = join(folder, id);
  await refuseExisting(path, id);
  // A leading dot: no run, until it is whole.
  const partial = join(folder, `.${id}.${randomUUID().slice(0, 8)}.partial`);
  await makeFolder(partial);
  const texts = new Set<string>();
  return {
    async write(pass) {
      const { subject, text, chunks } = pass;
      const { id: textId } = text.measured;
      if (!texts.has(textId))
        await writeFileAtomically(textFile(partial, textId), await textBytes(pass));
      texts.add(textId);
      const contextSize = text.tokens.length / text.measured.chunks;
      const bytes = encodeScoreFile(contextSize, chunks);
      await writeFileAtomically(scoreFile(partial, subject.id, textId), bytes, { flush: false });
    },
    async finish(run) {
      await writeFileAtomically(join(partial, 'run.json'), `${JSON.stringify(run)}\n`);
      await refuseExisting(path, id);
      await rename(partial, path).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      return join(path, 'run.json');
    },
    async abandon() {
      await rm(partial, { recursive: true, force: true });
    },
  };
}

/** The subject's own vocabulary: the reference has the same. */
async function textBytes({ subject, text, startToken }: MeasuredPass): Promise<Uint8Array> {
  const library = nativeLibrary();
  const { tokens, measured } = text;
  const model = { path: subject.path, isFolder: false, metadata: [] };
  return withVocabulary(model, library, (loaded) => {
    const vocabulary = library.models.vocabulary(loaded);
    const pieceOf = (token: number) =>
      [token, library.vocabulary.tokenBytes(vocabulary, token, true)] as const;
    const pieces = new Map([...new Set(tokens)].map(pieceOf));
    const contextSize = tokens.length / measured.chunks;
    return Promise.resolve(encodeTextTokens({ contextSize, startToken, tokens, pieces }));
  });
}

async function refuseExisting(path: string, id: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  throw new StudioError('output/exists', `There is a run "${id}" already: ${path}.`, {
    hint: 'Give the new one another name, or remove the old one.',
  });
}
