import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { readSafetensorsHeader, sortedByName } from '#src/formats/safetensors/read-header.ts';
import { buildRawSafetensors, buildSafetensors } from '#test/helpers/build-safetensors.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const read = (bytes: Uint8Array) => readSafetensorsHeader(memoryByteSource(bytes, 'm.safetensors'));
const readText = (header: string, dataLength = 0) =>
  read(buildRawSafetensors(header, new Uint8Array(dataLength)));

describe('readSafetensorsHeader', () => {
  it('lists tensors in the order of their bytes, and the metadata', async () => {
    const bytes = buildSafetensors(
      [
        { name: 'b', shape: [2, 3] },
        { name: 'a', shape: [4], dtype: 'BF16' },
        { name: 'ids', shape: [1, 2], dtype: 'I64' },
      ],
      { format: 'pt' },
    );
    const { tensors, metadata } = await read(bytes);
    const start = bytes.length - 48;
    expect(tensors).toEqual([
      { name: 'b', dtype: 'F32', shape: [2, 3], offset: start, byteLength: 24 },
      { name: 'a', dtype: 'BF16', shape: [4], offset: start + 24, byteLength: 8 },
      { name: 'ids', dtype: 'I64', shape: [1, 2], offset: start + 32, byteLength: 16 },
    ]);
    expect([...metadata]).toEqual([['format', 'pt']]);
    expect(sortedByName(tensors).map(({ name }) => name)).toEqual(['a', 'b', 'ids']);
  });

  it('sorts names as Python does, by code point', async () => {
    // U+FF5E comes before U+1F30D, whose first UTF-16 unit is smaller.
    const names = ['a.10', 'a.2', 'B', '\u{1f30d}', '\uff5e', 'a.1'];
    const { tensors } = await read(buildSafetensors(names.map((name) => ({ name, shape: [1] }))));
    expect(sortedByName(tensors).map(({ name }) => name)).toEqual(['B', 'a.1', 'a.10', 'a.2', '\uff5e', '\u{1f30d}']);
  }); // prettier-ignore

  it('reads scalars, empty tensors and names that objects have built in', async () => {
    const { tensors } = await read(
      buildRawSafetensors(
        '{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[0,4],"data_offsets":[4,4]}}',
        new Uint8Array(4),
      ),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  });

  it('names what was given instead', async () => {
    const text = (value: string) => new TextEncoder().encode(value);
    await expectRefusal(read(text('version https://git-lfs.github.com/spec/v1\n')), 'safetensors/invalid', 'a git-LFS pointer');
    await expectRefusal(read(text('<html></html>')), 'safetensors/invalid', 'an HTML page');
    await expectRefusal(read(text('GGUF........')), 'safetensors/invalid', 'a GGUF file');
    await expectRefusal(read(new Uint8Array(0)), 'safetensors/invalid', 'an empty file');
    await expectRefusal(read(new Uint8Array(100)), 'safetensors/invalid', 'zeros');
  }); // prettier-ignore

  it('says how much of a cut file is missing', async () => {
    const bytes = buildSafetensors([{ name: 'a', shape: [2] }, { name: 'b', shape: [4] }]); // prettier-ignore
    const error = await expectRefusal(
      read(bytes.subarray(0, -5)),
      'format/truncated',
      '5 bytes are missing',
    );
    expect(error.details).toMatchObject({ firstMissingTensor: 'b', missingBytes: 5 });
    await expectRefusal(read(bytes.subarray(0, 40)), 'format/truncated');
  });

  it('refuses a header longer than any real one', async () => {
    const bytes = buildRawSafetensors('{}', new Uint8Array(0), 2n ** 40n);
    await expectRefusal(read(bytes), 'safetensors/invalid', 'unknown format');
  });

  const tensor = (fields: string) => `{"t":{${fields}}}`;

  it.each<[string, string, string]>([
    ['no object', '[1]', 'not a list of tensors|unknown format|JSON document'],
    ['broken JSON', '{"t":', 'not valid JSON'],
    ['deep nesting', `{"t":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 'not a list of tensors'],
    ['more containers than tensors have', '{"t":{"a":[],"b":[],"c":[],"d":[]}}', 'not a list of tensors'],
    ['an unknown type', tensor('"dtype":"F128","shape":[],"data_offsets":[0,16]'), 'unknown type "F128"'],
    ['no type', tensor('"shape":[],"data_offsets":[0,4]'), 'unknown type undefined'],
    ['a negative size', tensor('"dtype":"F32","shape":[-1],"data_offsets":[0,4]'), 'no valid shape'],
    ['a fraction', tensor('"dtype":"F32","shape":[1.5],"data_offsets":[0,4]'), 'no valid shape'],
    ['a size beyond 2^53', tensor('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]'), 'no valid shape'],
    ['an overflowing shape', tensor('"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]'), 'does not fill'],
    ['too many dimensions', tensor(`"dtype":"F32","shape":[${'1,'.repeat(16)}1],"data_offsets":[0,4]`), 'no valid shape'],
    ['one offset', tensor('"dtype":"F32","shape":[1],"data_offsets":[0]'), 'no valid data_offsets'],
    ['offsets backwards', tensor('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), 'does not fill'],
    ['a wrong length', tensor('"dtype":"F32","shape":[1],"data_offsets":[0,8]'), 'does not fill'],
    ['a name twice', '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 'the same name'],
    ['a name twice, written in two ways', '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0074":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 'the same name'],
    ['an overlap', '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"u":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}', 'overlaps'],
    ['a hole', '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"u":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}}', 'a hole of 2 bytes'],
    ['metadata that are no strings', '{"__metadata__":{"a":1}}', 'not a map of strings'],
    ['a tensor that is null', '{"t":null}', 'unknown type undefined'],
  ])('refuses %s', async (_, header, message) => {
    await expectRefusal(readText(header, 10), 'safetensors/invalid', new RegExp(message));
  }); // prettier-ignore

  it('refuses bytes behind the last tensor, as the reference implementation does', async () => {
    await expectRefusal(
      readText(tensor('"dtype":"F32","shape":[1],"data_offsets":[0,4]'), 5),
      'safetensors/invalid',
      '1 bytes follow',
    );
  });

  it('refuses a header that is not UTF-8', async () => {
    const bytes = buildRawSafetensors(
      '{"t?":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
      new Uint8Array(4),
    );
    bytes[11] = 0xff;
    await expectRefusal(read(bytes), 'safetensors/invalid', 'not UTF-8');
  });
});
