import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import {
  float32Entry,
  int32ArrayEntry,
  int8Entry,
  stringEntry,
  uint32Entry,
  uint64Entry,
  uint8ArrayEntry,
} from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { encodeGgufHeader, ggmlShape } from '#src/formats/gguf/write-header.ts';

const golden = new URL('../../../golden/gguf/', import.meta.url);
const goldenFile = (name: string) => new Uint8Array(readFileSync(new URL(name, golden)));

const encodeWith = (metadata: readonly GgufEntry[], alignment = 32) =>
  encodeGgufHeader({ version: 3, metadata, tensors: [], alignment });

describe('encodeGgufHeader', () => {
  it.each(['gguf-py.gguf', 'libggml.gguf', 'split-00002-of-00003.gguf'])(
    'gives the bytes of %s again, from the kept bytes and from the values alone',
    async (name) => {
      const file = goldenFile(name);
      const header = await readGgufHeader(memoryByteSource(file));
      const { tensors, alignment } = header;
      const withoutBytes = header.metadata.map(({ key, value }) => ({ key, value }));
      for (const metadata of [header.metadata, withoutBytes]) {
        const encoded = encodeGgufHeader({ version: 3, metadata, tensors, alignment });
        expect(encoded.bytes).toEqual(file.subarray(0, header.dataOffset));
        expect(encoded.tensors).toEqual(tensors);
        expect(encoded.dataOffset).toBe(header.dataOffset);
        expect(encoded.fileSize).toBe(file.length);
      }
    },
  );

  it('gives what libggml writes when it is given the shapes as libggml keeps them', async () => {
    const header = await readGgufHeader(memoryByteSource(goldenFile('gguf-py.gguf')));
    const tensors = header.tensors.map((tensor) => ({ ...tensor, shape: ggmlShape(tensor.shape) }));
    const { bytes } = encodeGgufHeader({ ...header, version: 3, tensors });
    const libggml = goldenFile('libggml.gguf');
    expect(bytes).toEqual(libggml.subarray(0, bytes.length));
    expect(bytes).not.toEqual(goldenFile('gguf-py.gguf').subarray(0, bytes.length));
  });

  it('keeps bytes that no string can hold', () => {
    const encoded = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe);
    const entry: GgufEntry = {
      key: 'raw',
      value: { type: 'string', value: '\ufffd\ufffd' },
      encoded,
    };
    const written = Buffer.from(encodeWith([entry]).bytes);
    expect(written.includes(Buffer.from(encoded))).toBe(true);
  });

  it('pads the header and every tensor, the last one too', () => {
    const { bytes, tensors, dataOffset, fileSize } = encodeGgufHeader({
      version: 3,
      metadata: [uint32Entry('general.alignment', 64)],
      tensors: [
        { name: 'a', shape: [1], type: 'F32' },
        { name: 'b', shape: [17, 1], type: 'F32' },
      ],
      alignment: 64,
    });
    expect(bytes).toHaveLength(dataOffset);
    expect(dataOffset % 64).toBe(0);
    expect(tensors.map(({ offset }) => offset)).toEqual([0, 64]);
    expect(fileSize).toBe(dataOffset + 192);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a number that does not fit', () => encodeWith([uint32Entry('n', 2 ** 32)]), /"n" is 4294967296, which does not fit the type uint32/],
    ['a negative count', () => encodeWith([uint32Entry('n', -1)]), /does not fit/],
    ['a fraction', () => encodeWith([int8Entry('n', 0.5)]), /does not fit/],
    ['an element that does not fit', () => encodeWith([uint8ArrayEntry('n', [256])]), /does not fit/],
    ['a large integer', () => encodeWith([uint64Entry('n', -1n)]), /does not fit the type uint64/],
    ['a key twice', () => encodeWith([uint32Entry('n', 1), float32Entry('n', 1)]), /"n" appears twice/],
    ['an empty key', () => encodeWith([stringEntry('', '')]), /is empty/],
    ['another alignment than declared', () => encodeWith([uint32Entry('general.alignment', 64)]), /contradicts/],
    ['an alignment that is not declared', () => encodeWith([], 64), /contradicts/],
    ['a long tensor name', () => encodeGgufHeader({ version: 3, metadata: [], alignment: 32, tensors: [{ name: 'é'.repeat(32), shape: [1], type: 'F32' }] }), /longer than 63 bytes/],
    ['two tensors of one name', () => encodeGgufHeader({ version: 3, metadata: [], alignment: 32, tensors: [{ name: 'a', shape: [1], type: 'F32' }, { name: 'a', shape: [1], type: 'F32' }] }), /two tensors/],
  ])('refuses %s', (_, encode, message) => {
    expect(encode).toThrow(message);
  }); // prettier-ignore

  it('takes typed arrays and plain arrays alike', () => {
    const plain = encodeWith([int32ArrayEntry('ids', [1, -2, 3])]).bytes;
    const typed = encodeWith([int32ArrayEntry('ids', Int32Array.of(1, -2, 3))]).bytes;
    expect(typed).toEqual(plain);
  });
});
