import { describe, expect, it } from 'vitest';
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';

describe('ByteWriter', () => {
  // The first buffer has 65,536 bytes: each write below is the one that makes it grow.
  it.each([
    ['raw bytes', (writer: ByteWriter) => writer.raw(Uint8Array.of(1, 2, 3)), [1, 2, 3]],
    ['a byte', (writer: ByteWriter) => writer.uint8(7), [7]],
    ['16 bits', (writer: ByteWriter) => writer.uint16(0x0201), [1, 2]],
    ['32 bits', (writer: ByteWriter) => writer.uint32(0x04030201), [1, 2, 3, 4]],
    ['64 bits', (writer: ByteWriter) => writer.uint64(1n), [1, 0, 0, 0, 0, 0, 0, 0]],
    ['a float', (writer: ByteWriter) => writer.float32(1), [0, 0, 0x80, 0x3f]],
    ['text', (writer: ByteWriter) => writer.text('a'), [1, 0, 0, 0, 0, 0, 0, 0, 97]],
  ] as const)('keeps %s that make the buffer grow', (_name, write, expected) => {
    const writer = new ByteWriter();
    writer.raw(new Uint8Array(65_536).fill(9));
    write(writer);
    const bytes = writer.finish();
    expect([...bytes.subarray(65_536)]).toEqual(expected);
    expect(bytes.subarray(0, 65_536).every((byte) => byte === 9)).toBe(true);
  });
});
