// A ByteSource that takes the SHA-256 of the whole file while others read it for their own reasons, so that checking a
// finished file and hashing it cost one pass over it instead of two.
import { createHash } from 'node:crypto';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';

export interface HashingByteSource extends ByteSource {
  /** SHA-256 of the whole source, hex; reads what nobody has read. Call it once, when the others are done. */
  digest(): Promise<string>;
}

/** Gaps that readers leave (padding, a header's rest) are read in their place; a longer jump waits for `digest`. */
const longestGap = 1 << 20;
const readBytesAtOnce = 4 << 20;

/** Wraps `source`, which stays the caller's to close. Reads must come one after another, as validating does them. */
export function hashingByteSource(source: ByteSource): HashingByteSource {
  const hash = createHash('sha256');
  /** Everything before this offset is in the hash. */
  let hashed = 0;

  const hashUpTo = async (end: number): Promise<void> => {
    const buffer = new Uint8Array(Math.min(readBytesAtOnce, end - hashed));
    while (hashed < end) {
      const part = buffer.subarray(0, Math.min(buffer.length, end - hashed));
      await source.readInto(part, hashed);
      hash.update(part);
      hashed += part.length;
    }
  };

  return {
    label: source.label,
    size: source.size,
    async readInto(target, offset) {
      await source.readInto(target, offset);
      const end = offset + target.byteLength;
      if (end <= hashed || offset - hashed > longestGap) return;
      if (offset > hashed) await hashUpTo(offset);
      hash.update(target.subarray(hashed - offset));
      hashed = end;
    },
    async digest() {
      await hashUpTo(source.size);
      return hash.digest('hex');
    },
    close: () => source.close(),
  };
}
