import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '#src/formats/checkpoint.ts';
import { requireWeights } from '#src/formats/checkpoint-tensor.ts';
import { buildSafetensors } from '#test/helpers/build-safetensors.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const golden = new URL('../../golden/pytorch/', import.meta.url);
const pytorchFile = new Uint8Array(readFileSync(new URL('zip.bin', golden)));

const part = (...names: string[]) =>
  buildSafetensors(
    names.map((name) => ({ name, shape: [2], data: Float32Array.of(name.length, 1) })),
  );
const first = 'model-00001-of-00002.safetensors';
const second = 'model-00002-of-00002.safetensors';
const index = (weightMap: object) => ({ metadata: { total_size: 1 }, weight_map: weightMap });
const openModel = (files: Record<string, Uint8Array | object>) =>
  openCheckpoint(memoryFolder(files, 'base'), 'model');
const namesOf = ({ tensors }: { tensors: readonly { name: string }[] }) =>
  tensors.map(({ name }) => name);

describe('openCheckpoint', () => {
  it('lists the tensors of a model by name and reads any part of them', async () => {
    const checkpoint = await openModel({ 'model.safetensors': part('b', 'a', 'ccc') });
    expect(namesOf(checkpoint)).toEqual(['a', 'b', 'ccc']);
    const target = new Float32Array(1);
    await checkpoint.tensors[2]?.read(0, new Uint8Array(target.buffer));
    expect(target[0]).toBe(3);
    await checkpoint.tensors[2]?.read(4, new Uint8Array(target.buffer));
    expect(target[0]).toBe(1);
    await expect(checkpoint.tensors[2]?.read(5, new Uint8Array(4))).rejects.toThrow(
      'Broken invariant',
    );
  });

  it('lists the tensors of an adapter in the order of their bytes, as the safetensors library does', async () => {
    const folder = memoryFolder({ 'adapter_model.safetensors': part('b', 'a') });
    expect(namesOf(await openCheckpoint(folder, 'adapter_model'))).toEqual(['b', 'a']);
  });

  it('reads the parts of an index sorted by name, each by name', async () => {
    const checkpoint = await openModel({
      'model.safetensors.index.json': index({ z: first, a: second, m: first }),
      [second]: part('a'),
      [first]: part('z', 'm'),
    });
    expect(checkpoint.parts).toEqual([first, second]);
    expect(namesOf(checkpoint)).toEqual(['m', 'z', 'a']);
  });

  it('takes all parts where there is no index', async () => {
    expect(namesOf(await openModel({ [first]: part('b'), [second]: part('a') }))).toEqual([
      'b',
      'a',
    ]);
  });

  it('prefers safetensors and falls back to PyTorch files', async () => {
    const both = await openModel({
      'model.safetensors': part('a'),
      'pytorch_model.bin': pytorchFile,
    });
    expect(namesOf(both)).toEqual(['a']);
    const pytorch = await openModel({ 'pytorch_model.bin': pytorchFile });
    expect(namesOf(pytorch).slice(0, 2)).toEqual(['wte.weight', 'lm_head.weight']);
    const adapter = memoryFolder({ 'adapter_model.bin': pytorchFile });
    expect((await openCheckpoint(adapter, 'adapter_model')).tensors).toHaveLength(14);
  });

  it('reads sharded PyTorch files through their index', async () => {
    const names = namesOf(await openModel({ 'pytorch_model.bin': pytorchFile }));
    const shard = 'pytorch_model-00001-of-00001.bin';
    const checkpoint = await openModel({
      'pytorch_model.bin.index.json': index(Object.fromEntries(names.map((name) => [name, shard]))),
      [shard]: pytorchFile,
    });
    expect(namesOf(checkpoint)).toEqual(names);
  });

  it('keeps tensors of other types in the list and refuses them only as weights', async () => {
    const { tensors } = await openModel({
      'model.safetensors': buildSafetensors([
        { name: 'embeddings.position_ids', shape: [1, 4], dtype: 'I64' },
        { name: 'w', shape: [2], dtype: 'BF16' },
        { name: 'w8', shape: [2], dtype: 'F8_E4M3' },
      ]),
    });
    const [ids, weights, eight] = tensors;
    if (ids === undefined || weights === undefined || eight === undefined)
      throw new Error('missing');
    expect(requireWeights(weights).dtype).toBe('BF16');
    expect(() => requireWeights(ids)).toThrow('"embeddings.position_ids" has the type I64');
    expect(() => requireWeights(eight)).toThrow('"w8" has the type F8_E4M3');
  });

  it('names the part that is missing', async () => {
    const files = {
      'model.safetensors.index.json': index({ a: first, b: second }),
      [first]: part('a'),
    };
    const error = await expectRefusal(
      openModel(files),
      'huggingface/invalid',
      `the part ${second}`,
    );
    expect(error.details).toEqual({ missing: second });
    const none = { 'model.safetensors.index.json': index({ a: first }) };
    await expectRefusal(openModel(none), 'huggingface/invalid', `the part ${first}`);
    await expectRefusal(
      openModel({ 'config.json': {} }),
      'huggingface/invalid',
      'there is no model.safetensors or pytorch_model.bin',
    );
  });

  it('refuses an index that contradicts its parts', async () => {
    const open = (weightMap: object) =>
      openModel({
        'model.safetensors.index.json': index(weightMap),
        [first]: part('a', 'b'),
        [second]: part('c'),
      });
    expect((await open({ a: first, b: first, c: second })).tensors).toHaveLength(3);
    await expectRefusal(
      open({ a: first, b: first, c: second, d: second }),
      'huggingface/invalid',
      `places the tensor "d" in ${second}`,
    );
    await expectRefusal(
      open({ a: first, b: second, c: second }),
      'huggingface/invalid',
      'places the tensor "b"',
    );
    await expectRefusal(
      open({ a: first, c: second }),
      'huggingface/invalid',
      `holds the tensor "b", which`,
    );
  });

  it('refuses a tensor that two parts hold', async () => {
    const doubled = openModel({ 'model.safetensors': part('a'), [first]: part('a') });
    await expectRefusal(
      doubled,
      'huggingface/invalid',
      `"a" is both in ${first} and in model.safetensors`,
    );
  });

  it.each([
    '../outside.safetensors',
    '/etc/model.safetensors',
    'inner/model.safetensors',
    'inner\\model.safetensors',
    'C:model.safetensors',
    '.hidden.safetensors',
    'model.bin',
    'https://example.com/model.safetensors',
    7,
    null,
  ])('refuses an index that names %j', async (name) => {
    const files = {
      'model.safetensors.index.json': index({ a: name }),
      'model.safetensors': part('a'),
    };
    await expectRefusal(
      openModel(files),
      'huggingface/invalid',
      'not the name of a .safetensors file',
    );
  });

  it.each<[string, object | Uint8Array]>([
    ['no weight map', { metadata: {} }],
    ['a list', index(['model.safetensors'])],
    ['no names', index({})],
    ['no JSON', new TextEncoder().encode('{')],
    ['no UTF-8', Uint8Array.of(0xff)],
  ])('refuses an index with %s', async (_, content) => {
    const files = { 'model.safetensors.index.json': content, 'model.safetensors': part('a') };
    await expectRefusal(openModel(files), 'huggingface/invalid', 'model.safetensors.index.json');
  });

  it('says that an index is a git-LFS pointer', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 26788\n';
    const files = {
      'model.safetensors.index.json': new TextEncoder().encode(pointer),
      'model.safetensors': part('a'),
    };
    await expectRefusal(openModel(files), 'huggingface/invalid', /git-lfs/i);
  });

  it('refuses tensor names that are too long to be names', async () => {
    const name = 'x'.repeat(1_025);
    const files = { 'model.safetensors': part(name) };
    const error = await expectRefusal(openModel(files), 'format/limit', 'name has 1025 characters');
    expect(error.message.length).toBeLessThan(300);
    const indexed = {
      'model.safetensors.index.json': index({ [name]: first }),
      [first]: part('a'),
    };
    await expectRefusal(openModel(indexed), 'format/limit', 'name has 1025 characters');
  });

  it('closes every part, at the end or when one of them is refused', async () => {
    const open = { count: 0 };
    const counting = (files: Record<string, Uint8Array | object>) => {
      const folder = memoryFolder(files);
      return {
        ...folder,
        async open(name: string) {
          const source = await folder.open(name);
          open.count++;
          return {
            ...source,
            close() {
              open.count--;
              return source.close();
            },
          };
        },
      };
    };
    const sound = await openCheckpoint(
      counting({ [first]: part('a'), [second]: part('b') }),
      'model',
    );
    expect(open.count).toBe(2);
    await sound.close();
    expect(open.count).toBe(0);
    const broken = counting({ [first]: part('a'), [second]: new Uint8Array(9) });
    await expectRefusal(openCheckpoint(broken, 'model'), 'safetensors/invalid');
    expect(open.count).toBe(0);
  });
});
