// Writes a file that is put together from ranges of others: a header made in memory, the tensors of a parent, adapters.
// Through the same partial file, lock and journal as every output, so that a killed copy of gigabytes goes on.
import { createHash } from 'node:crypto';
import { rememberFileHash } from '#src/io/file-hash.ts';
import { OutputFile } from '#src/io/output-file.ts';
import { checkNotInput } from '#src/io/same-file.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';

/** A range of a source and where it goes; what no piece covers is zeros. */
export interface Piece {
  readonly source: ByteSource;
  readonly from: number;
  readonly size: number;
  readonly at: number;
}

export interface WritePiecesOptions {
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** Everything that decides the bytes: only a partial file of the same plan is gone on with. */
  readonly plan: string;
  readonly overwrite: boolean;
  /** Files that are read; the output must be none of them. */
  readonly inputs: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes of every block that is in its place. */
  readonly onBytes?: ((count: number) => void) | undefined;
  /** Looks at the finished file before it gets its name; its error keeps the file as `X.rejected`. */
  readonly check?: ((partialPath: string) => Promise<void>) | undefined;
}

/** What is journaled at once. */
const blockBytes = 32 << 20;

/** Writes the file and gives its SHA-256. Throws `output/is-input`, `output/exists`, `build/locked` and I/O errors. */
export async function writePieces(
  path: string,
  options: WritePiecesOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { size, signal, onBytes } = options;
  await checkNotInput([path, `${path}.partial`], options.inputs);
  const file = await OutputFile.open(path, options);
  let rejected = false;
  try {
    const buffer = new Uint8Array(Math.min(blockBytes, size));
    for (const piece of options.pieces) {
      for (let done = 0; done < piece.size; done += blockBytes) {
        signal?.throwIfAborted();
        const count = Math.min(blockBytes, piece.size - done);
        const offset = piece.at + done;
        const known = file.journaled.get(`block-${offset}`);
        const isThere = known?.size === count && (await file.verify(known, signal));
        if (!isThere) {
          const block = buffer.subarray(0, count);
          await piece.source.readInto(block, piece.from + done);
          await file.write(block, offset);
          const sha256 = createHash('sha256').update(block).digest('hex');
          await file.complete({ tensor: `block-${offset}`, offset, size: count, sha256, source: '' }); // prettier-ignore
        }
        onBytes?.(count);
      }
    }
    const sha256 = await file.hash(signal);
    try {
      await options.check?.(file.partialPath);
    } catch (error) {
      rejected = true;
      throw error;
    }
    await file.finish();
    await rememberFileHash(file.path, sha256);
    return { bytes: size, sha256 };
  } catch (error) {
    if (rejected) await file.reject();
    else await file.abandon(true);
    throw error;
  }
}

/** A plan's name: the hash of what decides it. */
export function planHash(parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'object' ? part : `${part}\n`);
  return hash.digest('hex');
}
