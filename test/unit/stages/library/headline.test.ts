import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { bundleEntries } from '#src/formats/bundle/bundle-entries.ts';
import {
  boolArrayEntry,
  float32Entry,
  int32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { describeModelFolder } from '#src/stages/library/describe-folder.ts';
import { describeGguf } from '#src/stages/library/describe-gguf.ts';
import { domainOfGguf } from '#src/stages/library/domain-of-gguf.ts';
import { roleOfGguf } from '#src/stages/library/gguf-role.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { estimateMemory } from '#src/stages/library/memory-estimate.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { smallConfig, smallWeights, smallGguf } from '#test/helpers/library-files.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const place = { path: '/m.gguf', name: 'm', bytes: 1, modified: 0 };
const noSibling = () => Promise.reject(new Error('no sibling'));
const describeBytes = (bytes: Uint8Array) =>
  describeGguf(memoryByteSource(bytes, 'm.gguf'), place, noSibling);
const fileType = (value: number) => [uint32Entry('general.file_type', value)];
const tensors = (...types: GgmlType[]) =>
  types.map((type, index) => ({ name: `blk.${index}.ffn_up.weight`, shape: [256, 256], type }));

describe('the level of a GGUF', () => {
  const cases: [string, GgufEntry[], GgmlType[], string | undefined][] = [
    ['the one that it names', fileType(15), ['Q4_K', 'Q4_K', 'Q6_K'], 'Q4_K_M'],
    [
      'the one that it names, also with nothing but fallback types',
      fileType(15),
      ['Q5_0'],
      'Q4_K_M',
    ],
    ['inferred where it names none', [], ['Q4_K', 'Q4_K', 'Q6_K'], 'Q4_K_M'],
    ['the small one where all are of one type', [], ['Q4_K', 'Q4_K'], 'Q4_K_S'],
    ['inferred where it says F16 of quantized tensors', fileType(1), ['Q8_0', 'Q8_0'], 'Q8_0'],
    ['inferred where it says Q4_K_M of plain tensors', fileType(15), ['BF16', 'BF16'], 'BF16'],
    ['inferred where it names one that nobody knows', fileType(999), ['IQ4_XS'], 'IQ4_XS'],
    ['the name of a type that is no level', [], ['NVFP4'], 'NVFP4'],
    ['none where it holds nothing', [], [], undefined],
  ];
  it.each(cases)('is %s', (_, metadata, types, level) => {
    expect(levelOfGguf(metadata, tensors(...types))).toBe(level);
  });
});

describe('the role of a GGUF', () => {
  const cases: [string, GgufEntry[], string, string][] = [
    ['llama', [], 'gguf', 'chat'],
    ['bert', [], 'gguf', 'embedding'],
    ['qwen3', [uint32Entry('qwen3.pooling_type', 3)], 'gguf', 'embedding'],
    ['bert', [uint32Entry('bert.pooling_type', 4)], 'gguf', 'other'],
    ['bert', [stringArrayEntry('bert.classifier.output_labels', ['joy', 'anger', 'fear'])], 'gguf', 'emotion'],
    ['clip', [stringEntry('general.type', 'mmproj')], 'companion', 'other'],
    ['wavtokenizer-dec', [], 'companion', 'voice'],
    ['whisper', [], 'companion', 'speech'],
    ['flux', [], 'companion', 'other'],
    ['controlvector', [], 'companion', 'other'],
  ]; // prettier-ignore
  it.each(cases)('of %s with %o', (architecture, metadata, kind, role) => {
    expect(roleOfGguf(architecture, metadata, 10)).toEqual({ kind, role });
  });

  it('without tensors is a companion: a vocabulary alone', () => {
    expect(roleOfGguf('llama', [], 0).kind).toBe('companion');
  });
});

describe('the domain of a GGUF', () => {
  const recipe = (nodes: unknown) => [stringEntry('studio.recipe', JSON.stringify({ nodes }))];

  it('is that of its recipe, with the adapter as subdomain where it is one', () => {
    const package_ = { kind: 'package', domain: 'healthcare' };
    const adapter = { kind: 'adapter', path: 'adapters/anatomy', domain: 'healthcare' };
    expect(domainOfGguf(recipe([package_, adapter]), [])).toEqual({
      domain: 'healthcare',
      subdomain: 'anatomy',
    });
    const other = { kind: 'adapter', path: 'adapters/finance', domain: 'business' };
    expect(domainOfGguf(recipe([adapter, other]), [])).toEqual({});
  });

  it('is that of what it bundles, none for several', () => {
    const member = (name: string, domain: string) => ({ name, domain });
    expect(domainOfGguf([], [member('a', 'law'), member('b', 'law')])).toEqual({ domain: 'law' });
    expect(domainOfGguf([], [member('a', 'law'), member('b', 'art')])).toEqual({});
  });

  it('survives recipes that are none', () => {
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"nodes":7}',
      '{"nodes":[1,null,{"kind":"adapter"}]}',
    ]) {
      expect(domainOfGguf([stringEntry('studio.recipe', text)], [])).toEqual({});
    }
  });
});

describe('a headline', () => {
  it('of a bundle lists its adapters; without its tail it says what is lost and stays usable', async () => {
    const entries = bundleEntries([
      { name: 'anatomy', domain: 'healthcare', size: 64, sha256: 'a'.repeat(64), scale: 0.5, offset: 0 },
    ]); // prettier-ignore
    const plain = smallGguf(entries);
    const offset = Math.ceil(plain.length / 32) * 32;
    const placed = smallGguf(
      bundleEntries([
        { name: 'anatomy', domain: 'healthcare', size: 64, sha256: 'a'.repeat(64), scale: 0.5, offset },
      ]),
    ); // prettier-ignore
    const whole = new Uint8Array(offset + 64);
    whole.set(placed);
    expect(await describeBytes(whole)).toMatchObject({
      kind: 'gguf',
      domain: 'healthcare',
      subdomain: 'anatomy',
      bundledAdapters: [{ name: 'anatomy', domain: 'healthcare', scale: 0.5 }],
    });
    const rewritten = await describeBytes(placed);
    expect(rewritten).toMatchObject({ kind: 'gguf', bundledAdapters: [] });
    expect(rewritten.problem?.message).toContain('a tool that rewrote the file dropped them');
  });

  it('of a hybrid names no level: its types were chosen tensor by tensor', async () => {
    const profile = stringEntry('studio.allocation.profile', 'fast');
    expect((await describeBytes(smallGguf())).type).toBe('Q8_0');
    expect((await describeBytes(smallGguf([profile]))).type).toBe('hybrid');
  });

  it('of a file without an architecture is refused', async () => {
    const bytes = buildGguf({ metadata: [stringEntry('general.architecture', '')] });
    await expect(describeBytes(bytes)).rejects.toMatchObject({ code: 'gguf/invalid' });
  });

  it('of an adapter without pairs is refused', async () => {
    const bytes = buildGguf({
      metadata: [stringEntry('general.type', 'adapter'), stringEntry('adapter.type', 'lora')],
      tensors: [{ name: 'x.lora_a', shape: [4, 4] }],
    });
    await expect(describeBytes(bytes)).rejects.toMatchObject({ code: 'adapter/invalid' });
  });

  it('of an emotion classifier’s folder says its role', async () => {
    const bert = {
      ...smallConfig,
      architectures: ['RobertaForSequenceClassification'],
      id2label: { 0: 'joy', 1: 'anger', 2: 'sadness' },
    };
    const folder = memoryFolder({ 'config.json': bert, 'model.safetensors': smallWeights() });
    expect(await describeModelFolder(folder, place)).toMatchObject({
      kind: 'companion',
      role: 'emotion',
    });
  });

  it('of a classifier that can be converted is a base with the same role', async () => {
    const bert = {
      ...smallConfig,
      architectures: ['BertForSequenceClassification'],
      id2label: { 0: 'joy', 1: 'anger', 2: 'sadness' },
    };
    const folder = memoryFolder({ 'config.json': bert, 'model.safetensors': smallWeights() });
    expect(await describeModelFolder(folder, place)).toMatchObject({
      kind: 'base',
      architecture: 'bert',
      role: 'emotion',
    });
  });

  it('of a speech model’s folder is a companion', async () => {
    const folder = memoryFolder({
      'config.json': { architectures: ['WhisperForConditionalGeneration'] },
      'model.safetensors': smallWeights(),
    });
    expect(await describeModelFolder(folder, place)).toMatchObject({
      kind: 'companion',
      role: 'speech',
    });
  });
});

describe('estimated memory', () => {
  const model = (metadata: readonly GgufEntry[]) => ({
    architecture: 'llama',
    metadata,
    tensors: [{ name: 'token_embd.weight', shape: [64, 100], byteLength: 6_400 }],
  });
  const layers = [
    uint32Entry('llama.block_count', 4),
    uint32Entry('llama.embedding_length', 64),
    uint32Entry('llama.attention.head_count', 4),
    uint32Entry('llama.context_length', 2000),
  ];

  it('is for the trained window at most, in cells of 256', () => {
    const estimate = estimateMemory(model(layers));
    expect(estimate?.contextSize).toBe(2000);
    // 2048 cells x 4 layers x (64 + 64) values x 2 bytes
    expect(estimate?.cacheBytes).toBe(2048 * 4 * 128 * 2);
    expect(estimate?.weightsBytes).toBe(6_400);
    expect(estimateMemory(model(layers), 100)?.cacheBytes).toBe(256 * 4 * 128 * 2);
  });

  it('counts grouped heads, key and value lengths, and heads by layer', () => {
    const grouped = [...layers, uint32Entry('llama.attention.head_count_kv', 1)];
    expect(estimateMemory(model(grouped), 256)?.cacheBytes).toBe(256 * 4 * 32 * 2);
    const longer = [...grouped, uint32Entry('llama.attention.key_length', 100)];
    expect(estimateMemory(model(longer), 256)?.cacheBytes).toBe(256 * 4 * 116 * 2);
    const byLayer = [...layers, int32ArrayEntry('llama.attention.head_count_kv', [4, 0, 2, 0])];
    expect(estimateMemory(model(byLayer), 256)?.cacheBytes).toBe(256 * 6 * 32 * 2);
  });

  it('keeps windowed layers to their window', () => {
    const window = (architecture: string) => [
      ...layers.map(({ key, value }) => ({ key: key.replace('llama', architecture), value })),
      uint32Entry(`${architecture}.attention.sliding_window`, 100),
    ];
    const gemma = { ...model(window('gemma2')), architecture: 'gemma2' };
    // Two full layers of 2048 cells and two of 100 + 513, rounded up to 768.
    expect(estimateMemory(gemma)?.cacheBytes).toBe((2048 + 768) * 2 * 128 * 2);
    // Phi-3's window is in the file, but llama.cpp does not use it.
    const phi = { ...model(window('phi3')), architecture: 'phi3' };
    expect(estimateMemory(phi)?.cacheBytes).toBe(2048 * 4 * 128 * 2);
    const flags = boolArrayEntry('gemma2.attention.sliding_window_pattern', [
      true,
      true,
      true,
      false,
    ]);
    const listed = { ...gemma, metadata: [...gemma.metadata, flags] };
    expect(estimateMemory(listed)?.cacheBytes).toBe((2048 + 3 * 768) * 128 * 2);
  });

  it('has no cache for encoders', () => {
    const metadata = layers.map(({ key, value }) => ({ key: key.replace('llama', 'bert'), value }));
    expect(estimateMemory({ ...model(metadata), architecture: 'bert' })?.cacheBytes).toBe(0);
  });

  it('is not made where metadata are missing or nonsense', () => {
    expect(estimateMemory(model([]))).toBeUndefined();
    const hostile = [
      [uint32Entry('llama.block_count', 4_000_000_000), uint32Entry('llama.embedding_length', 64)],
      [float32Entry('llama.block_count', Number.NaN), uint32Entry('llama.embedding_length', 64)],
      [uint32Entry('llama.block_count', 1), stringEntry('llama.embedding_length', '64')],
      [...layers, float32Entry('llama.attention.key_length', Number.POSITIVE_INFINITY)],
      [...layers, float32Entry('llama.attention.key_length', -1e30)],
    ];
    for (const metadata of hostile) expect(estimateMemory(model(metadata))).toBeUndefined();
  });
});
