// Byte identity with llama_model_quantize where Seedling gives no opportunity: every level, experts with weights of their
// own, rows that fit no block, splits, metadata that libggml changes, and values at the edges of the formats.
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import {
  boolArrayEntry,
  boolEntry,
  int32Entry,
  stringArrayEntry,
  stringEntry,
  uint16Entry,
  uint32Entry,
  uint64Entry,
} from '#src/formats/gguf/entries.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';
import { GoldenBench } from './golden-bench.ts';
import {
  seedOf,
  tinyImportance,
  tinyLlamaMetadata,
  tinyLlamaTensors,
  writeTinyLlama,
  type TinyLlama,
} from './tiny-llama.ts';

const everyLevel = Object.keys(levels) as Level[];
const blockLevels = ['Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0', 'Q6_K', 'Q3_K_M', 'IQ4_XS'] as const; // prettier-ignore
let bench: GoldenBench;

beforeAll(async () => {
  bench = await GoldenBench.open();
});
afterAll(() => bench.close());

function importanceOf(options: TinyLlama) {
  return {
    path: 'tiny.imatrix.gguf',
    datasets: ['tiny.txt'],
    chunkCount: 3,
    weights: tinyImportance(options),
  };
}

describe('one pass over models made by code', () => {
  it('writes every level of llama-quantize with a matrix', async () => {
    const options = { layers: 2, tied: false };
    const input = bench.path('every.gguf');
    await writeTinyLlama(input, options);
    await bench.compare(input, everyLevel, { importance: importanceOf(options) });
  });

  it('writes every level that needs no matrix without one', async () => {
    const input = bench.path('plain.gguf');
    await writeTinyLlama(input, { layers: 3 });
    const needing: readonly Level[] = [...everyLevel.filter((level) => 'needsImatrix' in levels[level]), 'IQ3_XS']; // prettier-ignore
    await bench.compare(
      input,
      everyLevel.filter((level) => !needing.includes(level)),
    );
  });

  it('gives each expert its own weights', async () => {
    const options = { layers: 2, experts: 3, feedForward: 512 };
    const input = bench.path('experts.gguf');
    await writeTinyLlama(input, options);
    const wanted = [...blockLevels, 'IQ3_XXS', 'MXFP4_MOE', 'Q2_K_S'] as const;
    await bench.compare(input, wanted, { importance: importanceOf(options) });
    // Slabs and pieces that end inside an expert.
    await bench.compare(
      input,
      ['Q4_K_M'],
      { importance: importanceOf(options) },
      { slabBytes: 7 * 512 * 4 },
    );
    await bench.compare(input, ['Q4_K_M', 'MXFP4_MOE']);
  });

  it.each([
    ['do not divide into blocks of 256', { hidden: 96, feedForward: 160 }],
    ['do not divide into blocks of 32', { hidden: 80, feedForward: 72 }],
  ])('falls back to other types where rows %s', async (_, options) => {
    const input = bench.path('odd.gguf');
    await writeTinyLlama(input, options);
    await bench.compare(input, [...blockLevels, 'IQ3_M', 'Q4_1', 'TQ2_0', 'Q2_0']);
    await bench.compare(input, ['Q4_K_M', 'Q4_0'], { importance: importanceOf(options) });
  });

  it('joins a split model', async () => {
    const tensors = tinyLlamaTensors({ layers: 3 });
    const parts = [tensors.slice(0, 5), tensors.slice(5, 19), tensors.slice(19)];
    for (const [index, part] of parts.entries()) {
      const split = [
        uint16Entry('split.no', index),
        int32Entry('split.tensors.count', tensors.length),
        uint16Entry('split.count', parts.length),
      ];
      const metadata = index === 0 ? [...tinyLlamaMetadata({ layers: 3 }), ...split] : split;
      await writeFile(
        bench.path(`split-0000${index + 1}-of-00003.gguf`),
        buildGguf({ metadata, tensors: part }),
      );
    }
    const first = bench.path('split-00001-of-00003.gguf');
    await bench.compare(first, ['Q4_K_M', 'Q8_0', 'COPY']);
  });

  it('changes metadata as libggml does when it copies them', async () => {
    const invalidText = new ByteWriter();
    invalidText.uint64(4n);
    invalidText.raw(Uint8Array.of(0x61, 0xff, 0x00, 0x62));
    const metadata = [
      ...tinyLlamaMetadata(),
      uint32Entry('general.file_type', 7),
      boolEntry('tiny.flag', true),
      { ...boolEntry('tiny.odd_flag', true), encoded: Uint8Array.of(2) },
      stringEntry('tiny.text', 'before\0behind'),
      { ...stringEntry('tiny.invalid', 'a\ufffd\0b'), encoded: invalidText.finish() },
      stringArrayEntry('tiny.texts', ['', 'a\0b', '\0', 'ünï', 'plain']),
      boolArrayEntry('tiny.flags', [true, false]),
      stringArrayEntry('tiny.empty', []),
      uint64Entry('tiny.large', 2n ** 63n),
      stringEntry('general.quantization_version', 'replaced'),
    ];
    const input = bench.path('metadata.gguf');
    await writeFile(input, buildGguf({ metadata, tensors: tinyLlamaTensors() }));
    await bench.compare(input, ['Q4_K_M', 'F16']);
    const long = { ...importanceOf({}), path: `${'ä'.repeat(63)}x${'ß'.repeat(40)}` };
    await bench.compare(input, ['Q4_K_M'], { importance: long });
  });

  it('lists tensors as llama.cpp does, whatever their order in the file', async () => {
    const tensors = tinyLlamaTensors({ layers: 12, hidden: 32, feedForward: 32, tied: false });
    const metadata = tinyLlamaMetadata({ layers: 12, hidden: 32, feedForward: 32 });
    const extra = ['blk.x.weight', 'blk.10', 'Zebra.weight', 'übung.weight', 'blk.02.pad'].map(
      (name) => ({ name, shape: [32, 2] }),
    );
    const input = bench.path('order.gguf');
    await writeFile(input, buildGguf({ metadata, tensors: [...tensors, ...extra].reverse() }));
    await bench.compare(input, ['Q4_0', 'COPY']);
  });
});

/** Values at which searches for scales take other paths than usual. */
const strangeValues: Record<string, (random: Float32Array) => Float32Array> = {
  zero: (random) => random.fill(0),
  constant: (random) => random.fill(0.37),
  'negative constant': (random) => random.fill(-1.5),
  'sparse, one value in forty': (random) => random.map((value, i) => (i % 40 === 3 ? value : 0)),
  positive: (random) => random.map((value) => Math.abs(value)),
  negative: (random) => random.map((value) => -Math.abs(value)),
  'tiny (1e-30)': (random) => random.map((value) => value * 1e-30),
  subnormal: (random) => random.map((value) => value * 1e-40),
  'large (1e4)': (random) => random.map((value) => value * 1e4),
  'mixed in magnitude': (random) =>
    random.map((value, i) => value * 10 ** (((i * 7919) % 17) - 12)),
  'equal up to one outlier': (random) => random.map((_, i) => (i % 256 === 77 ? 3 : 0.01)),
  'of two values': (random) => random.map((value) => (value > 0 ? 0.5 : -0.25)),
  'blocks of zeros between others': (random) =>
    random.map((value, i) => (Math.floor(i / 32) % 3 === 1 ? 0 : value)),
  'signed zeros': (random) => random.map((value) => (value > 0 ? 0 : -0)),
  heavy_tailed: (random) => random.map((value) => value ** 9 * 4),
};

describe('one pass over tensors whose values are', () => {
  it.each(Object.keys(strangeValues))('%s', async (kind) => {
    const options: TinyLlama = {
      layers: 1,
      vocabulary: 16,
      tied: false,
      values: (name, count) => strangeValues[kind]!(seededFloats(seedOf(name), count)),
    };
    const input = bench.path('strange.gguf');
    await writeTinyLlama(input, options);
    const wanted = [...blockLevels, 'Q4_K_S', 'Q5_K_S', 'Q3_K_S', 'Q5_1', 'Q4_1', 'IQ4_NL', 'IQ3_S'] as const; // prettier-ignore
    await bench.compare(input, wanted);
    await bench.compare(input, wanted, { importance: importanceOf(options) });
  });
});
