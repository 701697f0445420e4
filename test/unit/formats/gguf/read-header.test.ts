import { describe, expect, it } from 'vitest';
import { memoryByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import {
  stringArrayEntry,
  stringEntry,
  uint32Entry,
  uint64Entry,
} from '#src/formats/gguf/entries.ts';
import { stringAt, stringCount } from '#src/formats/gguf/read-strings.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { buildGguf, buildRawGguf } from '#test/helpers/build-gguf.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';

const read = (bytes: Uint8Array) => readGgufHeader(memoryByteSource(bytes, 'test.gguf'));
const text = (value: string) => new TextEncoder().encode(value);
const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const u64 = (...values: bigint[]) => new Uint8Array(new BigUint64Array(values).buffer);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('readGgufHeader', () => {
  it('reads metadata and tensors in file order, with the bytes of each value', async () => {
    const header = await read(
      buildGguf({
        metadata: [uint32Entry('a.count', 7), stringArrayEntry('b.names', ['x', '', 'Ġé\n'])],
        tensors: [
          { name: 'first', shape: [3, 2] },
          { name: 'second', shape: [64], type: 'Q8_0' },
        ],
      }),
    );
    expect(header.metadata).toEqual([
      {
        key: 'general.architecture',
        value: { type: 'string', value: 'llama' },
        encoded: joined(u64(5n), text('llama')),
      },
      { key: 'a.count', value: { type: 'uint32', value: 7 }, encoded: u32(7) },
      {
        key: 'b.names',
        value: { type: 'array', elementType: 'string', value: ['x', '', 'Ġé\n'] },
        encoded: joined(u32(8), u64(3n, 1n), text('x'), u64(0n, 5n), text('Ġé\n')),
      },
    ]);
    expect(header.tensors).toEqual([
      { name: 'first', shape: [3, 2], type: 'F32', offset: 0, byteLength: 24 },
      { name: 'second', shape: [64], type: 'Q8_0', offset: 32, byteLength: 68 },
    ]);
    expect(header.dataOffset % 32).toBe(0);
  });

  it('gives single strings of an array without the others, the same as all of them do', async () => {
    const strings = ['x', '', 'Ġé\n', '\u{1f600}', 'last'];
    const header = await read(buildGguf({ metadata: [stringArrayEntry('names', strings)] }));
    for (const entry of [header.metadata[1], stringArrayEntry('names', strings)]) {
      const array = entry?.value;
      if (array?.type !== 'array' || array.elementType !== 'string') throw new Error('no strings');
      expect(stringCount(array)).toBe(5);
      expect([0, 1, 2, 3, 4, 5, -1].map((index) => stringAt(array, index))).toEqual([
        ...strings,
        undefined,
        undefined,
      ]);
      expect(array.value).toEqual(strings);
    }
  });

  it('shows invalid UTF-8 as U+FFFD and keeps its bytes, also where two halves would make a whole', async () => {
    const halves = joined(u32(8), u64(3n, 2n), u32(0x61c3).subarray(0, 2).reverse(), u64(1n), u32(0xa9).subarray(0, 1), u64(2n), text('ok')); // prettier-ignore
    const header = await read(
      buildRawGguf({ rawEntries: [{ key: 'names', typeId: 9, bytes: halves }] }),
    );
    expect(header.metadata[0]?.value).toEqual({
      type: 'array',
      elementType: 'string',
      value: ['a\ufffd', '\ufffd', 'ok'],
    });
    expect(header.metadata[0]?.encoded).toEqual(halves);
  });

  it('keeps a byte order mark, which is a token of real vocabularies', async () => {
    const header = await read(
      buildGguf({
        metadata: [stringArrayEntry('t', ['\ufeff', '\ufeffa']), stringEntry('s', '\ufeff')],
      }),
    );
    expect(header.metadata[1]?.value.value).toEqual(['\ufeff', '\ufeffa']);
    expect(header.metadata[2]?.value.value).toBe('\ufeff');
  });

  it('reads a vocabulary of 280,000 merges quickly, and never the tensors', async () => {
    const merges = Array.from({ length: 280_000 }, (_, index) => `Ġtoken${index} é${index}`);
    const bytes = buildGguf({
      metadata: [stringArrayEntry('tokenizer.ggml.merges', merges)],
      tensors: [{ name: 'big', shape: [1024, 8192] }],
    });
    let read = 0;
    const inner = memoryByteSource(bytes);
    const counting: ByteSource = {
      ...inner,
      readInto(target, offset) {
        read += target.byteLength;
        return inner.readInto(target, offset);
      },
    };
    const start = processorMilliseconds();
    const header = await readGgufHeader(counting);
    expect(processorMilliseconds() - start).toBeLessThan(3_000);
    expect(header.metadata[1]?.value.value).toEqual(merges);
    // A window that grows by doubling reads at most about four times the header.
    expect(read).toBeLessThan(4 * header.dataOffset + 2 ** 20);
    expect(header.dataOffset).toBeLessThan(bytes.length / 2);
  });

  it('reads version 2 and refuses versions 0, 1, 4 and big-endian files by name', async () => {
    expect((await read(buildRawGguf({ version: 2 }))).version).toBe(2);
    await expectRefusal(read(buildRawGguf({ version: 0 })), 'gguf/version', 'GGUF version 0');
    await expectRefusal(read(buildRawGguf({ version: 1 })), 'gguf/version', 'GGUF version 1');
    await expectRefusal(read(buildRawGguf({ version: 4 })), 'gguf/version', 'GGUF version 4');
    await expectRefusal(read(buildRawGguf({ version: 0x0300_0000 })), 'gguf/version', 'big-endian');
  });

  it.each<[string, Uint8Array, string]>([
    ['a git-LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4920739232\n'), 'a git-LFS pointer (the real file has 4920739232 bytes)'],
    ['a web page', text('\n<!DOCTYPE html><html>'), 'an HTML page'],
    ['a zip archive', text('PK\x03\x04 rest'), 'a zip archive'],
    ['an old GGJT model', text('tjgg\x03'), 'the old GGJT format'],
    ['a safetensors file', joined(u64(2n), text('{}')), 'a safetensors file'],
    ['zeros', new Uint8Array(4096), 'a file of zeros'],
    ['nothing', new Uint8Array(0), 'an empty file'],
    ['noise', Uint8Array.of(0xff, 0xfe, 0x01, 0x02), 'something of an unknown format (it starts with ff fe 01 02)'],
  ])('names %s that was given instead', async (_, bytes, name) => {
    await expectRefusal(read(bytes), 'format/not-gguf', name);
  }); // prettier-ignore

  it('refuses counts that cannot fit into the file', async () => {
    await expectRefusal(
      read(buildRawGguf({ tensorCount: 1_000n })),
      'format/limit',
      '1000 tensors',
    );
    await expectRefusal(
      read(buildRawGguf({ entryCount: 1_000n })),
      'format/limit',
      '1000 metadata',
    );
    await expectRefusal(
      read(buildRawGguf({ entryCount: 2n ** 63n })),
      'format/limit',
      String(2n ** 63n),
    );
    await expectRefusal(
      read(buildRawGguf({ tensorCount: 2n ** 53n })),
      'format/limit',
      'the tensor count',
    );
  });

  it('refuses keys that are empty, doubled, no text, or endless', async () => {
    const byte = { typeId: 0, bytes: Uint8Array.of(1) };
    const withKeys = (...keys: (string | Uint8Array)[]) =>
      read(buildRawGguf({ rawEntries: keys.map((key) => ({ key, ...byte })), dataLength: 64 }));
    await expectRefusal(withKeys(''), 'gguf/invalid', 'metadata key 0 has 0 bytes');
    await expectRefusal(withKeys('a', 'b', 'a'), 'gguf/invalid', '"a" appears twice');
    await expectRefusal(withKeys(Uint8Array.of(0xc3)), 'gguf/invalid', 'not valid UTF-8');
    await expectRefusal(withKeys('a\0b'), 'gguf/invalid', 'not valid UTF-8');
    await expectRefusal(withKeys('x'.repeat(65_536)), 'gguf/invalid', 'has 65536 bytes');
  });

  it('refuses unknown value types and arrays of arrays', async () => {
    const withValue = (typeId: number, ...parts: Uint8Array[]) =>
      read(
        buildRawGguf({
          rawEntries: [{ key: 'k', typeId, bytes: joined(...parts) }],
          dataLength: 64,
        }),
      );
    await expectRefusal(withValue(13), 'gguf/invalid', 'unknown value type 13');
    await expectRefusal(withValue(9, u32(99), u64(1n)), 'gguf/invalid', 'unknown value type 99');
    await expectRefusal(withValue(9, u32(9), u64(1n)), 'gguf/invalid', 'array of arrays');
  });

  it('refuses arrays and strings longer than the file before it allocates them', async () => {
    const withArray = (elementType: number, count: bigint) =>
      read(
        buildRawGguf({
          rawEntries: [{ key: 'k', typeId: 9, bytes: joined(u32(elementType), u64(count)) }],
        }),
      );
    await expectRefusal(withArray(8, 1_000_000n), 'format/truncated', 'expected at offset');
    await expectRefusal(withArray(8, 2n ** 40n), 'format/limit', 'claims 1099511627776 elements');
    await expectRefusal(withArray(12, 2n ** 50n), 'format/truncated');
    await expectRefusal(withArray(0, 2n ** 60n), 'format/limit', 'the element count of "k"');
    const endless = buildRawGguf({ rawEntries: [{ key: 'k', typeId: 8, bytes: u64(2n ** 31n) }] });
    await expectRefusal(read(endless), 'format/truncated', 'test.gguf');
  });

  it('refuses a header that is longer than any real one without reading it', async () => {
    const head = buildRawGguf({ rawEntries: [{ key: 'k', typeId: 8, bytes: u64(2n ** 30n) }] });
    let read = 0;
    const huge: ByteSource = {
      label: 'huge.gguf',
      size: 2 ** 32,
      readInto(target, offset) {
        read += target.byteLength;
        target.fill(0).set(head.subarray(offset, offset + target.length));
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    await expectRefusal(readGgufHeader(huge), 'format/limit', 'the GGUF header is longer than');
    expect(read).toBeLessThan(2 ** 20);
  });

  it.each([
    [uint32Entry('general.alignment', 0), 'is 0, not a power of two'],
    [uint32Entry('general.alignment', 48), 'is 48, not a power of two'],
    [uint32Entry('general.alignment', 2 ** 31), 'not a power of two up to'],
    [uint64Entry('general.alignment', 32n), 'is of type uint64, not uint32'],
  ])('refuses a wrong alignment (%#)', async (entry, message) => {
    await expectRefusal(read(buildRawGguf({ metadata: [entry] })), 'gguf/invalid', message);
  });

  it('lays tensors out by the alignment that the file declares', async () => {
    const bytes = buildGguf({
      metadata: [uint32Entry('general.alignment', 128)],
      alignment: 128,
      tensors: [{ name: 'a', shape: [1] }, { name: 'b', shape: [1] }],
    }); // prettier-ignore
    const header = await read(bytes);
    expect(header.alignment).toBe(128);
    expect(header.tensors[1]?.offset).toBe(128);
    expect(header.dataOffset % 128).toBe(0);
  });

  it('refuses tensor names that are empty, too long, doubled or no text', async () => {
    const withNames = (...names: (string | Uint8Array)[]) =>
      read(buildRawGguf({ tensors: names.map((name) => ({ name, shape: [1] })) }));
    expect((await withNames('x'.repeat(63))).tensors[0]?.name).toHaveLength(63);
    await expectRefusal(withNames('x'.repeat(64)), 'gguf/invalid', 'has 64 bytes');
    await expectRefusal(withNames(''), 'gguf/invalid', 'has 0 bytes');
    await expectRefusal(withNames('a', 'a'), 'gguf/invalid', 'two tensors have the name "a"');
    await expectRefusal(withNames(Uint8Array.of(0xff)), 'gguf/invalid', 'not valid UTF-8');
  });

  it('refuses shapes that are too deep, overflow, or do not divide into blocks', async () => {
    const withShape = (shape: readonly (number | bigint)[], typeId = 0) =>
      read(buildRawGguf({ tensors: [{ name: 't', shape, typeId }], dataLength: 64 }));
    await expectRefusal(withShape([1, 1, 1, 1, 1]), 'gguf/invalid', '5 dimensions');
    await expectRefusal(withShape([2n ** 64n - 1n]), 'format/limit', 'a dimension of tensor "t"');
    await expectRefusal(withShape([2n ** 40n, 2n ** 40n]), 'format/limit', 'claims the shape');
    await expectRefusal(withShape([2n ** 32n, 2n ** 32n, 2n ** 32n, 2n ** 32n]), 'format/limit');
    await expectRefusal(withShape([33], 8), 'gguf/invalid', 'block size 32');
    await expectRefusal(withShape([4], 4), 'tensor/unsupported-type', 'Q4_2');
    await expectRefusal(withShape([4], 1000), 'tensor/unsupported-type', 'unknown type 1000');
  });

  it('accepts what llama.cpp accepts: no dimensions, and dimensions of zero', async () => {
    const header = await read(
      buildRawGguf({
        tensors: [
          { name: 'scalar', shape: [] },
          { name: 'none', shape: [0, 5], offset: 32 },
        ],
      }),
    );
    expect(header.tensors.map(({ byteLength }) => byteLength)).toEqual([4, 0]);
  });

  it('refuses offsets that overlap, leave holes, or lie outside', async () => {
    const withOffset = (offset: number | bigint) =>
      read(
        buildRawGguf({
          tensors: [{ name: 'a', shape: [16] }, { name: 'b', shape: [16], offset }],
        }),
      ); // prettier-ignore
    expect((await withOffset(64)).tensors).toHaveLength(2);
    await expectRefusal(withOffset(0), 'gguf/invalid', '"b" has the offset 0, but 64 follows');
    await expectRefusal(withOffset(96), 'gguf/invalid', 'has the offset 96');
    await expectRefusal(withOffset(2n ** 63n), 'format/limit', 'the offset of tensor "b"');
  });

  it('names the first tensor that is missing and how many bytes are', async () => {
    const bytes = buildGguf({
      tensors: [{ name: 'a', shape: [8] }, { name: 'b', shape: [8] }, { name: 'c', shape: [6] }],
    }); // prettier-ignore
    const { dataOffset } = await read(bytes);
    const cut = bytes.subarray(0, dataOffset + 40);
    const error = await expectRefusal(read(cut), 'format/truncated', '48 bytes are missing');
    expect(error.details).toEqual({
      firstMissingTensor: 'b',
      missingBytes: 48,
      expectedSize: dataOffset + 88,
      size: dataOffset + 40,
    });
  });

  it('accepts a missing padding behind the last tensor, and anything else that follows it', async () => {
    const bytes = buildGguf({ tensors: [{ name: 'a', shape: [3] }] });
    const { dataOffset } = await read(bytes);
    expect((await read(bytes.subarray(0, dataOffset + 12))).tensors).toHaveLength(1);
    expect((await read(joined(bytes, text('GGUF and more')))).tensors).toHaveLength(1);
  });

  it('refuses a file that is cut anywhere in its header', async () => {
    const bytes = buildGguf({
      metadata: [stringArrayEntry('names', ['one', 'two'])],
      tensors: [{ name: 'a', shape: [8] }],
    });
    const { dataOffset } = await read(bytes);
    for (let length = 4; length < dataOffset + 32; length++) {
      const error = await read(bytes.subarray(0, length)).catch((reason: unknown) => reason);
      expect(error).toHaveProperty('code', expect.stringMatching(/^format\/(truncated|limit)$/));
    }
  });

  it('shortens long keys in messages and lets no escape sequence through to a terminal', async () => {
    const key = `\x1b]0;owned\x07${'k'.repeat(60_000)}`;
    const error = await expectRefusal(
      read(buildRawGguf({ rawEntries: [{ key, typeId: 77, bytes: new Uint8Array(64) }] })),
      'gguf/invalid',
      '\ufffd]0;owned\ufffdkkk',
    );
    expect(error.message.length).toBeLessThan(300);
  });
});
