import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryByteSource, readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { hashingByteSource } from '#src/io/hashing-byte-source.ts';

const bytes = Uint8Array.from(
  { length: 5_000_000 },
  (_, index) => (index * 31 + (index >> 9)) & 255,
);
const expected = createHash('sha256').update(bytes).digest('hex');

/** A source that counts what is read from it. */
function counted(): ByteSource & { read: () => number } {
  const source = memoryByteSource(bytes);
  let total = 0;
  return {
    ...source,
    read: () => total,
    readInto(target, offset) {
      total += target.byteLength;
      return source.readInto(target, offset);
    },
  };
}

const orders: Record<string, readonly (readonly [offset: number, length: number])[]> = {
  nothing: [],
  'in order': [[0, 2_000_000], [2_000_000, 3_000_000]],
  'in order with gaps': [[0, 100], [164, 999_836], [1_000_032, 3_999_968]],
  'the start twice, in growing pieces': [[0, 1_000], [0, 4_000], [4_000, 4_996_000]],
  'overlapping': [[0, 3_000_000], [2_500_000, 2_500_000]],
  'backwards': [[4_000_000, 1_000_000], [0, 4_000_000]],
  'a long jump': [[0, 10], [3_000_000, 2_000_000]],
}; // prettier-ignore

describe('a hashing byte source', () => {
  it.each(Object.keys(orders))('gives the hash of the whole file after reads: %s', async (name) => {
    const source = hashingByteSource(memoryByteSource(bytes));
    for (const [offset, length] of orders[name] ?? []) {
      const read = await readBytes(source, offset, length);
      expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
    }
    expect(await source.digest()).toBe(expected);
  });

  it('reads nothing again that was read in order', async () => {
    const inner = counted();
    const source = hashingByteSource(inner);
    await readBytes(source, 0, 64);
    await readBytes(source, 96, bytes.length - 96);
    await source.digest();
    expect(inner.read()).toBe(bytes.length);
  });
});
