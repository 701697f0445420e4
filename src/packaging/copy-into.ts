// Copies a model file into a package: shared blocks where the file system can, else a resumable copy. What lies there
// already with the same content is left alone.
import { constants } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashFile, rememberFileHash } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { checkPlace } from '#src/io/output-file.ts';
import { planHash, writePieces } from './write-pieces.ts';

export interface CopyOptions {
  /** Replace a file of other content. Without it that is an error. */
  readonly overwrite: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((count: number) => void) | undefined;
}

export interface CopiedFile {
  readonly bytes: number;
  readonly sha256: string;
  /** Nothing was written. */
  readonly reused: boolean;
}

/** Throws `output/exists` for a file of other content, and I/O errors. */
export async function copyInto(
  from: string,
  to: string,
  { overwrite, signal, onBytes }: CopyOptions,
): Promise<CopiedFile> {
  const sha256 = await hashFile(from, signal === undefined ? {} : { signal });
  const { size: bytes } = await statFile(from);
  const existing = await stat(to).catch(() => undefined);
  if (existing?.isFile() === true && existing.size === bytes) {
    const found = await hashFile(to, signal === undefined ? {} : { signal });
    if (found === sha256) {
      onBytes?.(bytes);
      return { bytes, sha256, reused: true };
    }
  }
  if (existing !== undefined && !overwrite) {
    throw new StudioError('output/exists', `${to} exists and has another content than ${from}.`, {
      hint: 'Choose another folder or name, or have it replaced (on the command line: --overwrite).',
    });
  }
  await makeFolder(dirname(to));
  if (await cloned(from, to, overwrite)) {
    onBytes?.(bytes);
    await rememberFileHash(to, sha256);
    return { bytes, sha256, reused: false };
  }
  const source = await openFileByteSource(from);
  try {
    const pieces = [{ source, from: 0, size: source.size, at: 0 }];
    const plan = planHash(['copy', sha256, source.size]);
    const written = await writePieces(to, {
      size: source.size, pieces, plan, overwrite, inputs: [from], signal, onBytes,
    }); // prettier-ignore
    if (written.sha256 !== sha256) {
      throw new StudioError('io/failed', `${from} changed while it was copied.`, {
        hint: 'Wait until whatever writes it has finished, then run the same command again.',
      });
    }
    return { ...written, reused: false };
  } finally {
    await source.close();
  }
}

/** Shares the blocks of a file; false where the file system cannot. */
async function cloned(from: string, to: string, overwrite: boolean): Promise<boolean> {
  const partial = `${to}.clone.partial`;
  try {
    await copyFile(from, partial, constants.COPYFILE_FICLONE_FORCE);
  } catch {
    await rm(partial, { force: true });
    return false;
  }
  try {
    await checkPlace(to, overwrite);
    await rename(partial, to);
    return true;
  } catch (error) {
    await rm(partial, { force: true });
    throw toIoError(error, to);
  }
}

async function statFile(path: string) {
  return stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
}
