// SHA-256 of byte sources, with Node's own implementation.
import { createHash } from 'node:crypto';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';

const stepBytes = 4 << 20;

/** Lower-case hexadecimal SHA-256 of a whole source. Rejects with `signal.reason`. */
export async function sha256OfSource(source: ByteSource, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(stepBytes, source.size));
  for (let offset = 0; offset < source.size; offset += stepBytes) {
    signal?.throwIfAborted();
    const piece = buffer.subarray(0, Math.min(stepBytes, source.size - offset));
    await source.readInto(piece, offset);
    hash.update(piece);
  }
  return hash.digest('hex');
}
