// Reads an importance matrix to add to it or to describe it: the sums and counts as they are stored (common_imatrix_load of
// common/imatrix-loader.cpp). What quantizers are given is read by read-imatrix.ts.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufSums } from './read-gguf-imatrix.ts';
import { checkIsImatrix, checkFinite } from './read-imatrix.ts';
import type { ImatrixEntry, ImatrixSums } from './imatrix-sums.ts';
import { readLegacySums } from './read-legacy-imatrix.ts';

export interface StoredImatrix extends ImatrixSums {
  readonly format: 'gguf' | 'legacy';
}

/**
 * Reads sums and counts; `source` stays the caller's. The older form keeps mean × calls and calls instead, which are given
 * as its sums and counts: they are scaled when they are merged. Throws what readImatrix throws.
 */
export async function readImatrixSums(source: ByteSource): Promise<StoredImatrix> {
  const kind = await checkIsImatrix(source);
  const matrix =
    kind === 'gguf'
      ? { format: kind, ...(await readGgufSums(source)) }
      : { format: kind, ...(await readLegacySums(source)) };
  checkFinite(source.label, sumsOf(matrix.entries));
  return matrix;
}

function sumsOf(entries: ReadonlyMap<string, ImatrixEntry>): ReadonlyMap<string, Float32Array> {
  return new Map([...entries].map(([name, { sums }]) => [name, sums]));
}
