import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashSourceFiles, listSourceFiles, type SourceRole } from '#src/io/source-hash.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'source-hash-'))));
afterEach(() => rm(folder, { recursive: true }));

async function put(files: Readonly<Record<string, string>>, under = 'model'): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, under, name)), { recursive: true });
    await writeFile(join(folder, under, name), content);
  }
  return join(folder, under);
}
const options = () => ({ folder: join(folder, 'memories') });
const hash = async (path: string, role: SourceRole = 'base') =>
  hashSourceFiles(await listSourceFiles(path, role), options());
const names = async (path: string, role: SourceRole) =>
  (await listSourceFiles(path, role)).map(({ name }) => name);

const model = { 'config.json': '{}', 'model.safetensors': 'weights', 'tokenizer.json': '{}' };

describe("a source's content hash", () => {
  it('is the SHA-256 of a single file', async () => {
    const path = await put({ 'base.gguf': 'gguf' });
    expect(await hash(join(path, 'base.gguf'))).toBe(
      createHash('sha256').update('gguf').digest('hex'),
    );
  });

  it('of a folder does not depend on where it lies', async () => {
    const before = await hash(await put(model));
    await rename(join(folder, 'model'), join(folder, 'moved'));
    expect(await hash(join(folder, 'moved'))).toBe(before);
  });

  it.each([
    ['a weight', { 'model.safetensors': 'other' }],
    ['the configuration', { 'config.json': '{"a":1}' }],
    ['the model card, which metadata is read from', { 'README.md': '---\nlicense: mit\n---' }],
    ['a chat template', { 'chat_template.jinja': '{{ x }}' }],
    ['the pooling of an embedding model', { '1_Pooling/config.json': '{}' }],
  ])('of a folder changes with %s', async (_what, change) => {
    const before = await hash(await put(model));
    expect(await hash(await put(change))).not.toBe(before);
  });

  it('does not change with files that nothing reads', async () => {
    const before = await hash(await put(model));
    await put({
      'pytorch_model.bin': 'the same weights',
      'notes.md': 'x',
      'img.png': 'x',
      '.git/config.json': 'x',
    });
    expect(await hash(join(folder, 'model'))).toBe(before);
  });

  it('does not mistake moved content for the same: names count', async () => {
    const a = await hash(await put({ 'config.json': 'A', 'tokenizer.json': 'B' }, 'a'));
    const b = await hash(await put({ 'config.json': 'B', 'tokenizer.json': 'A' }, 'b'));
    expect(a).not.toBe(b);
  });
});

describe('the files of a source', () => {
  it('are PyTorch files where there are no safetensors', async () => {
    expect(
      await names(await put({ 'config.json': '{}', 'pytorch_model.bin': 'x' }), 'base'),
    ).toEqual(['config.json', 'pytorch_model.bin']);
  });

  it('of an adapter are its two files, whatever training left beside them', async () => {
    const path = await put({
      'adapter_config.json': '{}',
      'adapter_model.safetensors': 'x',
      'adapter_model.bin': 'x',
      'tokenizer.json': '{}',
      'optimizer.pt': 'x',
    });
    expect(await names(path, 'adapter')).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
  });

  it('of a split GGUF are all of its parts, whichever is named', async () => {
    const path = await put({ 'm-00001-of-00002.gguf': '1', 'm-00002-of-00002.gguf': '2' });
    expect(await names(join(path, 'm-00002-of-00002.gguf'), 'base')).toEqual([
      'm-00001-of-00002.gguf',
      'm-00002-of-00002.gguf',
    ]);
    await rm(join(path, 'm-00001-of-00002.gguf'));
    await expect(names(join(path, 'm-00002-of-00002.gguf'), 'base')).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });

  it('must be there', async () => {
    await expect(names(await put({ 'notes.md': 'x' }), 'base')).rejects.toMatchObject({
      code: 'io/not-found',
      message: expect.stringContaining('holds no model') as string,
    });
    await expect(names(join(folder, 'none'), 'adapter')).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });
});
