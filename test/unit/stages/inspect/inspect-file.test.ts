import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { bundleEntries } from '#src/formats/bundle/bundle-entries.ts';
import {
  float32ArrayEntry,
  float32Entry,
  float64Entry,
  stringArrayEntry,
  stringEntry,
  uint16Entry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { inspectFile } from '#src/stages/inspect/inspect-file.ts';
import { inspectFolder } from '#src/stages/inspect/inspect-folder.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const noSibling = () => Promise.reject(new Error('no sibling'));
const inspect = (bytes: Uint8Array, path = '/x.gguf') =>
  inspectFile(memoryByteSource(bytes, path), path, noSibling);
const text = (content: string) => new TextEncoder().encode(content);

describe('a GGUF', () => {
  it('is described by its facts, types, metadata and tensors', async () => {
    const result = await inspect(
      buildGguf({
        metadata: [
          stringEntry('general.architecture', 'llama'),
          uint32Entry('general.file_type', 15),
          uint32Entry('llama.block_count', 2),
          stringArrayEntry('tokenizer.ggml.tokens', ['a', 'b', 'c', 'd', 'e', 'f', 'g']),
          stringEntry('tokenizer.chat_template', 'x'.repeat(500)),
        ],
        tensors: [
          { name: 'a', shape: [256, 2], type: 'Q4_K' },
          { name: 'b', shape: [256] },
        ],
      }),
    );
    expect(result.kind).toBe('gguf-model');
    const facts = Object.fromEntries(result.facts.map(({ name, value }) => [name, value]));
    expect(facts).toMatchObject({ Architecture: 'llama', Level: 'Q4_K_M', Layers: '2' });
    // (2 · 144 + 1024) bytes · 8 / 768 weights
    expect(facts['Bits per weight']).toBe('13.67');
    expect(result.types).toEqual([
      { type: 'F32', tensors: 1, weights: 256, bytes: 1024 },
      { type: 'Q4_K', tensors: 1, weights: 512, bytes: 288 },
    ]);
    const entry = (key: string) => result.metadata.find((each) => each.key === key);
    expect(entry('tokenizer.ggml.tokens')).toEqual({
      key: 'tokenizer.ggml.tokens',
      type: 'array of string',
      value: '["a", "b", "c", "d", "e", ...]',
      length: 7,
    });
    expect(entry('tokenizer.chat_template')?.value).toHaveLength(123);
    expect(result.chatTemplate).toHaveLength(500);
  });

  it('shows single-precision values as they were written, and double-precision ones in full', async () => {
    const { metadata } = await inspect(
      buildGguf({
        metadata: [
          float32Entry('a', 0.1),
          float32Entry('b', 1e-5),
          float32ArrayEntry('c', [0.7, 10000]),
          float64Entry('d', 0.10000000149011612),
        ],
      }),
    );
    const shown = Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
    expect(shown).toMatchObject({ a: '0.1', b: '0.00001', c: '[0.7, 10000]', d: '0.10000000149011612' }); // prettier-ignore
  });

  it('that is an adapter or a matrix says so', async () => {
    const kindOf = async (type: string) =>
      (await inspect(buildGguf({ metadata: [stringEntry('general.type', type)] }))).kind;
    expect(await kindOf('adapter')).toBe('gguf-adapter');
    expect(await kindOf('imatrix')).toBe('gguf-imatrix');
  });

  it('whose bundle lost its tail is shown, with the problem', async () => {
    const member = {
      name: 'fever', domain: 'health', size: 64, sha256: 'ab'.repeat(32), scale: 1, offset: 4096,
    }; // prettier-ignore
    const result = await inspect(
      buildGguf({ metadata: bundleEntries([member]), tensors: [{ name: 'a', shape: [8] }] }),
    );
    expect(result.kind).toBe('gguf-model');
    expect(result.adapters).toEqual([]);
    expect(result.problems).toMatchObject([{ code: 'bundle/invalid' }]);
    expect(result.problems[0]?.message).toContain('fever');
  });

  it('that is one part of a split whose others are missing is shown, with the problem', async () => {
    const bytes = buildGguf({
      metadata: [uint16Entry('split.no', 0), uint16Entry('split.count', 2)],
      tensors: [{ name: 'a', shape: [8] }],
    });
    const path = '/m-00001-of-00002.gguf';
    const missing = () => Promise.reject(new StudioError('io/not-found', 'not there'));
    const result = await inspectFile(memoryByteSource(bytes, path), path, missing);
    expect(result.problems).toMatchObject([{ code: 'gguf/split' }]);
    expect(result.tensors).toHaveLength(1);
  });
});

describe('other files', () => {
  it('are named for what they are', async () => {
    await expect(inspect(text('<!doctype html><p>no</p>'), '/m.bin')).rejects.toThrow(/HTML page/);
    await expect(inspect(text('{"a": 1}'), '/config.json')).rejects.toMatchObject({
      hint: expect.stringContaining('sizes') as string,
    });
    await expect(inspect(new Uint8Array(0), '/empty.gguf')).rejects.toThrow(/empty file/);
  });
});

describe('a folder', () => {
  it('that cannot be converted shows its configuration and why', async () => {
    const config = { architectures: ['MambaForCausalLM'], hidden_size: 64, torch_dtype: 'float16' };
    const folder = memoryFolder({ 'config.json': text(JSON.stringify(config)) });
    const result = await inspectFolder(folder, '/mamba');
    expect(result.kind).toBe('huggingface-folder');
    expect(result.facts).toContainEqual({ name: 'Architecture', value: 'MambaForCausalLM' });
    expect(result.problems).toMatchObject([{ code: 'architecture/unsupported' }]);
  });

  it('that is neither model nor adapter is refused', async () => {
    await expect(inspectFolder(memoryFolder({}), '/x')).rejects.toMatchObject({
      code: 'huggingface/invalid',
    });
  });
});
