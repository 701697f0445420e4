// The end of an importance matrix: written beside its place, read back, then renamed; and what it holds, described.
import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import type { ImatrixResult } from '#src/contract/quality/imatrix.ts';
import { invariant } from '#src/errors/assert.ts';
import { float32Entry } from '#src/formats/gguf/entries.ts';
import { readImatrixSums, type StoredImatrix } from '#src/formats/imatrix/read-imatrix-sums.ts';
import { encodeGgufImatrix } from '#src/formats/imatrix/write-gguf-imatrix.ts';
import type { ImatrixSums } from '#src/formats/imatrix/imatrix-sums.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { checkPlace } from '#src/io/output-file.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';
import { describeEntries } from '#src/stages/imatrix/describe-matrix.ts';
import { floorZeros } from '#src/stages/imatrix/floor-zeros.ts';
import { matrixNotices } from '#src/stages/imatrix/matrix-notices.ts';

export type MatrixDescription = Omit<ImatrixResult, 'seconds'>;

/** Says in the file that zeros were floored, and with which share; llama.cpp ignores it. */
const floorKey = 'gguf_studio.imatrix.floor';

/** Writes `matrix` to `path`. Throws `output/exists`, `io/*` and `gguf/invalid`. */
export async function finishMatrix(
  path: string,
  matrix: ImatrixSums,
  { overwrite, floor }: { readonly overwrite: boolean; readonly floor?: number | undefined },
): Promise<MatrixDescription> {
  const floored = floor === undefined ? undefined : floorZeros(matrix.entries, floor);
  const bytes = encodeGgufImatrix(
    floored === undefined ? matrix : { ...matrix, entries: floored.entries },
    floor === undefined ? [] : [float32Entry(floorKey, floor)],
  );
  const whole = `${path}.whole.partial`;
  try {
    await writeFileAtomically(whole, bytes);
    await checkWritten(whole, bytes);
    await checkPlace(path, overwrite);
    await rename(whole, path);
  } catch (error) {
    await rm(whole, { force: true });
    throw toIoError(error, path);
  }
  const description = await describeMatrix(path);
  if (floored === undefined) return description;
  const notice = `${floored.channels} channels of ${floored.tensors} tensors were zero and are floored.`;
  return { ...description, notices: [notice, ...description.notices] };
}

/** What the disk gives back must be what was written, and an importance matrix to every reader. */
async function checkWritten(path: string, bytes: Uint8Array): Promise<void> {
  const digest = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
  invariant(digest(await readFile(path)) === digest(bytes), 'the disk gives back what was written');
  await readStored(path);
}

/** Describes a matrix of either form. Throws what reading it throws. */
export async function describeMatrix(path: string): Promise<MatrixDescription> {
  const { entries, datasets, chunkCount, chunkSize, format, bytes } = await readStored(path);
  const tensors = describeEntries(entries);
  return {
    path,
    format,
    bytes,
    sha256: await hashFile(path),
    chunks: chunkCount,
    contextSize: chunkSize,
    datasets: [...datasets],
    tensors,
    notices: matrixNotices(tensors),
  };
}

async function readStored(path: string): Promise<StoredImatrix & { bytes: number }> {
  const source = await openFileByteSource(path);
  try {
    return { ...(await readImatrixSums(source)), bytes: source.size };
  } finally {
    await source.close();
  }
}
