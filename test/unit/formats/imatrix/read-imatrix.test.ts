import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import { stringArrayEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { buildGguf, type TestTensor } from '#test/helpers/build-gguf.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const golden = new URL('../../../golden/imatrix/', import.meta.url);
const read = (bytes: Uint8Array) => readImatrix(memoryByteSource(bytes, 'imatrix'));
const goldenBytes = (name: string) => new Uint8Array(readFileSync(new URL(name, golden)));

const metadata = [
  stringArrayEntry('imatrix.datasets', ['text']),
  uint32Entry('imatrix.chunk_count', 3),
  uint32Entry('imatrix.chunk_size', 512),
];
const readTensors = (...tensors: TestTensor[]) => read(buildGguf({ metadata, tensors }));

interface LegacyEntry {
  name?: string;
  nameLength?: number;
  calls?: number;
  count?: number;
  values?: readonly number[];
}

function legacy(
  entries: readonly LegacyEntry[],
  trailer: Uint8Array = new Uint8Array(0),
  entryCount = entries.length,
) {
  const writer = new ByteWriter();
  writer.uint32(entryCount);
  for (const { name = 'w', nameLength, calls = 1, count, values = [1] } of entries) {
    const bytes = new TextEncoder().encode(name);
    writer.uint32(nameLength ?? bytes.length);
    writer.raw(bytes);
    writer.uint32(calls);
    writer.uint32(count ?? values.length);
    for (const value of values) writer.float32(value);
  }
  writer.raw(trailer);
  return writer.finish();
}

describe('an importance matrix', () => {
  it.each([
    ['gguf.gguf', 'gguf.json', 'gguf'],
    ['legacy.dat', 'legacy.json', 'legacy'],
    ['legacy-without-trailer.dat', 'legacy-without-trailer.json', 'legacy'],
  ])('in %s has the values that llama-quantize computes', async (file, expectedFile, format) => {
    const expected = JSON.parse(goldenBytes(expectedFile).reduce((text, byte) => text + String.fromCharCode(byte), '')) as object;
    const imatrix = await read(goldenBytes(file));
    expect(imatrix.format).toBe(format);
    expect({
      chunkCount: imatrix.chunkCount,
      datasets: imatrix.datasets,
      values: Object.fromEntries(
        Array.from(imatrix.values, ([name, values]) => [name, Buffer.from(values.buffer).toString('hex')]),
      ),
    }).toEqual(expected);
  }); // prettier-ignore

  it('says how many channels of which tensors are zero', async () => {
    const imatrix = await read(goldenBytes('gguf.gguf'));
    expect(Object.fromEntries(imatrix.zeroChannels)).toEqual({
      'blk.0.ffn_up_exps.weight': 1,
      'blk.1.attn_q.weight': 1,
      'output.weight': 1,
    });
  });

  it('of 640 entries in the older form is not taken for a pickle, whose first bytes are the same', async () => {
    const names = Array.from({ length: 640 }, (_, index) => ({
      name: `blk.${index}.attn_q.weight`,
    }));
    expect((await read(legacy(names))).values.size).toBe(640);
  });

  it('that repeats a name counts the last, as in llama.cpp', async () => {
    const { values } = await read(legacy([{ values: [1] }, { values: [2, 3] }]));
    expect(values.get('w')).toEqual(Float32Array.of(2, 3));
  });

  it('is refused when a value is not finite', async () => {
    await expectRefusal(
      read(legacy([{ values: [1, NaN] }])),
      'imatrix/invalid',
      'channel 1 of "w" is NaN',
    );
    const infinite = { name: 'w.in_sum2', shape: [1, 1], data: Float32Array.of(Infinity) };
    const counts = { name: 'w.counts', shape: [1, 1], data: Float32Array.of(1) };
    await expectRefusal(
      readTensors(infinite, counts),
      'imatrix/invalid',
      'channel 0 of "w" is Infinity',
    );
    const badCounts = { ...counts, data: Float32Array.of(NaN) };
    await expectRefusal(
      readTensors({ ...infinite, data: Float32Array.of(1) }, badCounts),
      'imatrix/invalid',
      'the count 0',
    );
  });

  it('is refused when its sums and counts do not belong together', async () => {
    const sums: TestTensor = { name: 'w.in_sum2', shape: [3, 2] };
    await expectRefusal(readTensors(sums), 'imatrix/invalid', 'sums but no counts');
    await expectRefusal(readTensors({ name: 'w.counts', shape: [1] }), 'imatrix/invalid', 'no entries');
    await expectRefusal(readTensors(sums, { name: 'w.counts', shape: [1, 2] }, { name: 'v.counts', shape: [1] }), 'imatrix/invalid', '"v" has counts but no sums');
    await expectRefusal(readTensors(sums, { name: 'w.counts', shape: [1, 4] }), 'imatrix/invalid', '6 sums for 4 counts');
    await expectRefusal(readTensors(sums, { name: 'w.counts', shape: [0] }), 'imatrix/invalid', '6 sums for 0 counts');
    await expectRefusal(readTensors(sums, { name: 'w.counts', shape: [1, 2], type: 'F16' }), 'imatrix/invalid', 'not F32');
  }); // prettier-ignore

  it('is refused when it is another GGUF or another file', async () => {
    await expectRefusal(
      read(buildGguf({ tensors: [{ name: 'w', shape: [1] }] })),
      'imatrix/invalid',
      'imatrix.datasets',
    );
    const page = new TextEncoder().encode('<!doctype html>');
    await expectRefusal(read(page), 'imatrix/invalid', 'an HTML page');
    await expectRefusal(read(new Uint8Array(0)), 'imatrix/invalid', 'an empty file');
    await expectRefusal(
      read(Uint8Array.of(0xff, 0xff, 0xff, 0x7f)),
      'imatrix/invalid',
      '2147483647 entries',
    );
  });

  it.each<[string, Uint8Array]>([
    ['no entries', legacy([])],
    ['a name of no bytes', legacy([{ name: '' }])],
    ['a name of negative length', legacy([{ nameLength: 0xffff_ffff }])],
    ['a name beyond the file', legacy([{ nameLength: 5_000 }])],
    ['no values', legacy([{ values: [] }, {}])],
    ['more values than the file', legacy([{ count: 2 ** 30 }])],
    ['more entries than the file', legacy([{}], new Uint8Array(0), 2)],
  ])('of the older form is refused with %s', async (_, bytes) => {
    const error = await read(bytes).catch((reason: unknown) => reason);
    expect(error).toHaveProperty('code', expect.stringMatching(/^(imatrix\/invalid|format\/truncated)$/));
  }); // prettier-ignore

  it.each<[string, Uint8Array, number, readonly string[]]>([
    ['only a part of the count', Uint8Array.of(1, 0), 0, []],
    ['only a count', Uint8Array.of(9, 0, 0, 0), 9, []],
    ['a name that is cut', Uint8Array.of(9, 0, 0, 0, 5, 0, 0, 0, 0x61), 9, []],
    ['a name', Uint8Array.of(9, 0, 0, 0, 2, 0, 0, 0, 0x61, 0x62), 9, ['ab']],
  ])('of the older form may end with %s', async (_, trailer, chunkCount, datasets) => {
    const imatrix = await read(legacy([{}], trailer));
    expect([imatrix.chunkCount, imatrix.datasets]).toEqual([chunkCount, datasets]);
  }); // prettier-ignore
});
