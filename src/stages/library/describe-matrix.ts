// The headline of an importance matrix of the older form (.dat), which has no magic number: it is told by its first
// entry, and what does not look like one is somebody else's file.
import type { LibraryItem } from '#src/contract/library.ts';
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { itemOf, type LibraryPlace } from './library-place.ts';

/** Read whole to be sure; larger ones are believed. Those of models up to 100 B parameters have 1 to 30 MB. */
const checkedBytes = 32 << 20;

/**
 * Undefined where the file does not start like a matrix. `source` stays the caller's.
 * Throws what readImatrix throws for one that starts like it and is damaged.
 */
export async function describeLegacyMatrix(
  source: ByteSource,
  place: LibraryPlace,
): Promise<LibraryItem | undefined> {
  if (!(await startsLikeMatrix(source))) return undefined;
  if (source.size <= checkedBytes) await readImatrix(source);
  return itemOf(place, 'imatrix', 'matrix (.dat)');
}

/** An i32 count of entries, an i32 length and the name of a tensor. */
async function startsLikeMatrix(source: ByteSource): Promise<boolean> {
  if (source.size < 20) return false;
  const head = await readBytes(source, 0, Math.min(source.size, 8 + limits.imatrixNameBytes));
  const view = new DataView(head.buffer);
  const entryCount = view.getInt32(0, true);
  const nameLength = view.getInt32(4, true);
  if (entryCount < 1 || entryCount > limits.imatrixEntries) return false;
  if (nameLength < 1 || nameLength > head.length - 8) return false;
  const name = decodeStrictUtf8(head.subarray(8, 8 + nameLength));
  return name !== undefined && /^[\w.-]+$/.test(name);
}
