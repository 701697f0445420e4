import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeModel } from '#electron/factory/methods/describe-model.ts';
import { inspect } from '#electron/factory/methods/inspect.ts';
import { scanModels } from '#electron/factory/methods/scan-models.ts';
import type { LibraryItem } from '#src/contract/library.ts';
import { libraryItemSchema } from '#src/contract/library.ts';
import { stringEntry, uint16Entry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { ownFolderMark } from '#src/io/studio-home.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import {
  libraryFolder,
  smallAdapter,
  smallAdapterConfig,
  smallConfig,
  smallGguf,
  smallGgufAdapter,
  smallWeights,
  type LibraryFolder,
} from '#test/helpers/library-files.ts';
import { writeLargeGguf } from '#test/helpers/write-large-gguf.ts';

const context = { signal: new AbortController().signal, emit: () => undefined };
let folder: LibraryFolder;

beforeEach(async () => {
  folder = await libraryFolder();
});
afterEach(() => folder.remove());

async function scan(folders: readonly string[] = [folder.path], depth = 6) {
  const items: LibraryItem[] = [];
  const result = await scanModels(
    { folders: [...folders], depth },
    { signal: context.signal, emit: ({ item }) => items.push(libraryItemSchema.parse(item)) },
  );
  expect(result.found).toBe(items.length);
  const short = (item: LibraryItem) => `${item.kind} ${item.name}`;
  return { ...result, items, names: items.map(short).sort() };
}

async function writeModelFolder(name: string): Promise<void> {
  await folder.write(`${name}/config.json`, smallConfig);
  await folder.write(`${name}/model.safetensors`, smallWeights());
}

async function writeAdapterFolder(name: string): Promise<void> {
  await folder.write(`${name}/adapter_config.json`, smallAdapterConfig);
  await folder.write(`${name}/adapter_model.safetensors`, smallAdapter());
}

const splitPart = (index: number, count: number) =>
  buildGguf({
    metadata: [
      stringEntry('general.architecture', 'llama'),
      uint16Entry('split.no', index),
      uint16Entry('split.count', count),
    ],
    tensors: [{ name: `t${index}`, shape: [8, 2] }],
  });

describe('a scan', () => {
  it('tells models, adapters, matrices and companions apart and passes over everything else', async () => {
    await writeModelFolder('base');
    await writeAdapterFolder('adapters/healthcare/anatomy');
    await folder.write('model-Q8_0.gguf', smallGguf());
    await folder.write('lora.gguf', smallGgufAdapter());
    const typed = (type: string, ...more: ReturnType<typeof stringEntry>[]) =>
      buildGguf({ metadata: [stringEntry('general.type', type), ...more] });
    await folder.write('m.imatrix.gguf', typed('imatrix'));
    await folder.write('mmproj.gguf', typed('mmproj', stringEntry('general.architecture', 'clip')));
    await folder.write('voice.gguf', typed('model', stringEntry('general.architecture', 'kokoro')));
    await folder.write('imatrix.dat', legacyMatrix());
    await folder.write('other.dat', 'not a matrix at all, but somebody else’s data');
    await folder.write('1_Pooling/config.json', { pooling_mode_mean_tokens: true });
    await folder.write('notes.txt', 'hello');
    await folder.write('model.gguf.partial', smallGguf());
    const { items, names, notRead } = await scan();
    expect(names).toEqual([
      'adapter anatomy',
      'adapter lora',
      'base base',
      'companion mmproj',
      'companion voice',
      'gguf model-Q8_0',
      'imatrix imatrix',
      'imatrix m.imatrix',
    ]);
    expect(notRead).toEqual([]);
    const named = (name: string) => items.find((item) => item.name === name);
    expect(named('voice')?.role).toBe('voice');
    expect(named('anatomy')).toMatchObject({
      domain: 'healthcare',
      subdomain: 'anatomy',
      adapter: { rank: 4, alpha: 8, baseName: 'someone/Small-Llama' },
    });
    expect(named('lora')).toMatchObject({
      format: 'GGUF adapter',
      adapter: { rank: 4, alpha: 8, baseName: 'Small Llama' },
    });
    expect(named('base')).toMatchObject({
      architecture: 'llama',
      type: 'BF16',
      contextLength: 256,
    });
    expect(named('model-Q8_0')).toMatchObject({ type: 'Q8_0', role: 'chat', contextLength: 256 });
  });

  it('gives a split GGUF once, with the bytes of all parts', async () => {
    const [first, second] = [splitPart(0, 2), splitPart(1, 2)];
    await folder.write('big-00001-of-00002.gguf', first);
    await folder.write('big-00002-of-00002.gguf', second);
    const { items } = await scan();
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      name: 'big',
      format: 'GGUF, 2 parts',
      bytes: first.length + second.length,
      parameters: 32,
    });
  });

  it('names the parts that a split GGUF lacks', async () => {
    await folder.write('big-00002-of-00003.gguf', splitPart(1, 3));
    const { items } = await scan();
    expect(items[0]?.kind).toBe('broken');
    expect(items[0]?.problem?.message).toContain(
      'missing: big-00001-of-00003.gguf, big-00003-of-00003.gguf',
    );
  });

  it('says why a broken file cannot be used', async () => {
    const whole = smallGguf();
    await folder.write('cut.gguf', whole.slice(0, whole.length - 100));
    await folder.write('page.gguf', '<!doctype html><html></html>');
    await folder.write('empty.gguf', '');
    await folder.write('lfs.gguf', 'version https://git-lfs.github.com/spec/v1\nsize 4000\n');
    await folder.write('mixtral/config.json', { architectures: ['MixtralForCausalLM'] });
    await folder.write('mixtral/model.safetensors', smallWeights());
    await folder.write('half/adapter_config.json', smallAdapterConfig);
    const { items } = await scan();
    const problems = new Map(items.map(({ name, kind, problem }) => [name, [kind, problem]]));
    const expected: [string, RegExp][] = [
      ['cut', /bytes are missing/],
      ['page', /an HTML page/],
      ['empty', /an empty file/],
      ['lfs', /git-LFS pointer/],
      ['mixtral', /mixture of experts/],
      ['half', /there is no adapter_model/],
    ];
    for (const [name, message] of expected) {
      expect(problems.get(name)).toEqual([
        'broken',
        { message: expect.stringMatching(message) as string, hint: expect.any(String) as string },
      ]);
    }
    expect(items).toHaveLength(expected.length);
  });

  it('finds each model once, whatever folders and links lead to it', async () => {
    await folder.write('models/a.gguf', smallGguf());
    await folder.link(join(folder.path, 'models/a.gguf'), 'models/inner/again.gguf');
    await folder.link(folder.path, 'models/inner/round');
    await folder.link(join(folder.path, 'models/missing'), 'models/nowhere.gguf');
    const { names, notRead } = await scan([join(folder.path, 'models'), folder.path]);
    expect(names).toEqual(['gguf a']);
    expect(notRead).toEqual([]);
  });

  it('reads a Hugging Face cache: snapshots of links under the repository’s name, no blobs', async () => {
    const repository = 'hub/models--org--small-llama';
    await folder.write(`${repository}/blobs/aaa`, smallWeights());
    await folder.write(`${repository}/blobs/bbb.gguf`, smallGguf());
    await folder.write(`${repository}/blobs/ccc`, JSON.stringify(smallConfig));
    const snapshot = `${repository}/snapshots/0123abcd`;
    await folder.link('../../blobs/aaa', `${snapshot}/model.safetensors`);
    await folder.link('../../blobs/ccc', `${snapshot}/config.json`);
    await folder.link('../../blobs/bbb.gguf', `${snapshot}/small-Q8_0.gguf`);
    const { names } = await scan();
    expect(names).toEqual(['base org/small-llama', 'gguf small-Q8_0']);
  });

  it('looks into caches, but into no other hidden folder, package folder or folder of its own', async () => {
    for (const name of ['.cache/llama.cpp', '.git', 'node_modules/x', 'old.rejected', 'own']) {
      await folder.write(`${name}/m-${name.slice(0, 4)}.gguf`, smallGguf());
    }
    await folder.write(`own/${ownFolderMark}`, '');
    expect((await scan()).names).toEqual(['gguf m-.cac']);
  });

  it('goes as deep as asked, also where one folder lies in another', async () => {
    await folder.write('one/two/three/m.gguf', smallGguf());
    expect((await scan([folder.path], 2)).names).toEqual([]);
    expect((await scan([folder.path], 3)).names).toEqual(['gguf m']);
    expect((await scan([folder.path, join(folder.path, 'one')], 2)).names).toEqual(['gguf m']);
  });

  it('reports folders that cannot be read and goes on', async () => {
    await folder.write('m.gguf', smallGguf());
    const missing = join(folder.path, 'gone');
    const { names, notRead } = await scan([missing, folder.path]);
    expect(names).toEqual(['gguf m']);
    expect(notRead).toEqual([expect.stringContaining(`${missing} does not exist`)]);
  });

  it('takes domains from the mapping of the workspace', async () => {
    await folder.write('gguf-studio.json', { version: 1 });
    await folder.write('model_mapping.json', {
      version: 1,
      defaultUseCase: 'mobile',
      useCases: { mobile: { level: 'Q4_K_M', contextWindow: 128 } },
      bases: { small: { path: 'base' } },
      domains: { law: { subdomains: { contracts: { base: 'small', adapter: 'trained/c1' } } } },
    });
    await writeAdapterFolder('trained/c1');
    const { items } = await scan();
    expect(items[0]).toMatchObject({ domain: 'law', subdomain: 'contracts' });
  });

  it('of 300 models finds every one', async () => {
    for (let index = 0; index < 100; index++) {
      await folder.write(`ggufs/${index}/m.gguf`, smallGguf());
      await writeModelFolder(`bases/${index}`);
      await writeAdapterFolder(`adapters/${index}`);
    }
    expect((await scan()).items).toHaveLength(300);
  });

  it('ends when it is cancelled', async () => {
    await folder.write('m.gguf', smallGguf());
    const signal = AbortSignal.abort(new Error('enough'));
    const run = scanModels({ folders: [folder.path], depth: 6 }, { signal, emit: () => undefined });
    await expect(run).rejects.toThrow('enough');
  });
});

describe('one path', () => {
  it('is described as in a scan, whichever part of a split is given', async () => {
    await folder.write('big-00001-of-00002.gguf', splitPart(0, 2));
    const path = await folder.write('big-00002-of-00002.gguf', splitPart(1, 2));
    const item = await describeModel({ path }, context);
    expect(item).toMatchObject({ name: 'big', kind: 'gguf', format: 'GGUF, 2 parts' });
  });

  it('without an ending is told by its content', async () => {
    const path = await folder.write('sha256-0123', smallGguf());
    expect(await describeModel({ path }, context)).toMatchObject({ kind: 'gguf' });
  });

  it('that is no model is refused with what it is', async () => {
    const path = await folder.write('readme.md', 'Some words.');
    await expect(describeModel({ path }, context)).rejects.toMatchObject({
      code: 'format/not-gguf',
      message: expect.stringContaining('a text file') as string,
    });
    await mkdir(join(folder.path, 'nothing'));
    await expect(
      describeModel({ path: join(folder.path, 'nothing') }, context),
    ).rejects.toMatchObject({ code: 'huggingface/invalid' });
    await expect(describeModel({ path: join(folder.path, 'gone') }, context)).rejects.toMatchObject(
      { code: 'io/not-found' },
    );
  });

  it('of a file with a window of its own has it, and less memory for it', async () => {
    const whole = await folder.write('a.gguf', smallGguf());
    const small = await folder.write(
      'b.gguf',
      smallGguf([
        uint32Entry('llama.context_length', 8192),
        uint32Entry('studio.context_window', 512),
      ]),
    );
    expect((await describeModel({ path: whole }, context)).memory?.contextSize).toBe(256);
    expect(await describeModel({ path: small }, context)).toMatchObject({
      contextLength: 8192,
      contextWindow: 512,
      memory: { contextSize: 512 },
    });
  });

  it('of 3.6 GB with 150,000 tokens is read from its header alone, in the list and with its details', async () => {
    const path = join(folder.path, 'large.gguf');
    await writeLargeGguf(path);
    expect(await describeModel({ path }, context)).toMatchObject({ kind: 'gguf' });
    const { metadata } = await inspect({ path }, context);
    expect(metadata.find(({ key }) => key === 'tokenizer.ggml.tokens')?.length).toBe(151_936);
  });
});

/** One entry of two values, in the form of llama-imatrix before 2025. */
function legacyMatrix(): Uint8Array {
  const name = new TextEncoder().encode('blk.0.attn_q.weight');
  const bytes = new Uint8Array(4 + 4 + name.length + 8 + 8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1, true);
  view.setInt32(4, name.length, true);
  bytes.set(name, 8);
  view.setInt32(8 + name.length, 1, true);
  view.setInt32(12 + name.length, 2, true);
  view.setFloat32(16 + name.length, 1, true);
  view.setFloat32(20 + name.length, 2, true);
  return bytes;
}
