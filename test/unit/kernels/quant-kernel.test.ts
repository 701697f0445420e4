// The quantization kernel against libggml itself: the same bytes for every kind of data, block by block.
import { describe, expect, it } from 'vitest';
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { createQuantKernel } from '#src/kernels/quant-kernel.ts';
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const codec = openRowLibrary(locateLibrary());
const kernel = createQuantKernel()!;
const columns = 1024;
const rowCount = 24;
const elements = rowCount * columns;

const cube = (value: number) => value ** 3;
const shapes: Record<string, (random: number, index: number) => number> = {
  uniform: (random) => random,
  'heavy-tailed': (random) => random ** 9 * 3,
  'bell-shaped, as weights are': (random) => cube(random) * 0.05,
  'bfloat16 values': (random) => Math.fround(Math.round(random * 128) / 4096),
  positive: (random) => Math.abs(random),
  negative: (random) => -Math.abs(random),
  sparse: (random, index) => (index % 23 === 5 ? random : 0),
  'three values': (random) => Math.round(random),
  zeros: () => 0,
  'negative zeros': () => -0,
  constant: () => 0.37,
  alternating: (_, index) => (index % 2 === 0 ? 0.37 : -0.37),
  'negative constant': () => -2.5,
  'zeros beside values': (random, index) => (Math.floor(index / 16) % 2 === 0 ? 0 : random),
  'one outlier per block': (random, index) => (index % 256 === 9 ? 30 : random * 1e-3),
  'of falling magnitude': (random, index) => random * 10 ** -(Math.floor(index / 32) % 16),
  'of wildly mixed magnitude': (random, index) => random * 10 ** (((index * 7919) % 31) - 20),
  small: (random) => random * 1e-12,
  'below what half precision holds': (random) => random * 1e-8,
  'hardly above zero': (random) => random * 1e-30,
  subnormal: (random) => random * 1e-42,
  large: (random) => random * 1e6,
  'too large for half precision': (random) => random * 1e9,
  enormous: (random) => random * 1e30,
};
const weightings: Record<string, ((random: number) => number) | null> = {
  'no weights': null,
  'even weights': () => 1,
  'random weights': (random) => random * random * 40 + 1e-3,
  'some weights of zero': (random) => (random > 0.5 ? 0 : 1 + random),
  'tiny weights': (random) => Math.abs(random) * 1e-20,
  'huge weights': (random) => Math.abs(random) * 1e15,
};
const types: readonly GgmlType[] = [
  'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'IQ4_NL', 'IQ4_XS',
]; // prettier-ignore

function weightsOf(kind: string): Float32Array | null {
  const weight = weightings[kind]!;
  return weight === null ? null : seededFloats(99, columns).map(weight);
}

function compare(shape: string, weights: Float32Array | null) {
  return compareValues(seededFloats(shape.length, elements).map(shapes[shape]!), weights);
}

/** Differences by type between the kernel's blocks and libggml's; refused blocks do not count. */
function compareValues(source: Float32Array, weights: Float32Array | null) {
  return types
    .filter((type) => kernel.types.includes(type))
    .map((type) => {
      const length = rowCount * rowByteLength(type, columns);
      const blockBytes = rowByteLength(type, ggmlTypes[type].blockSize);
      const [ours, theirs] = [new Uint8Array(length), new Uint8Array(length)];
      kernel.rows(elements).set(source);
      const refused = new Set(kernel.encode(type, rowCount, columns, weights, ours));
      codec.encode(type, source, theirs, rowCount, columns, weights);
      const blocks: number[] = [];
      for (let block = 0; block * blockBytes < length; block++) {
        const [start, end] = [block * blockBytes, (block + 1) * blockBytes];
        if (refused.has(block)) continue;
        if (!Buffer.from(ours.subarray(start, end)).equals(theirs.subarray(start, end))) blocks.push(block); // prettier-ignore
      }
      return { type, different: blocks.length, blocks, refused: refused.size };
    });
}

describe.each(Object.keys(weightings))('with %s', (weighting) => {
  it.each(Object.keys(shapes))('the kernel writes the bytes of libggml for values %s', (shape) => {
    const results = compare(shape, weightsOf(weighting));
    expect(results.filter(({ different }) => different > 0)).toEqual([]);
  });
});

describe('the kernel', () => {
  it('follows libggml where a search leaves values behind that weigh nothing', () => {
    // The offset found first can end far above such values; their codes then overflow libggml's rounding.
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededFloats(seed, elements);
      const source = random.map((value, index) => (random[elements - 1 - index]! < 0 ? 0 : value ** 35 * 100)); // prettier-ignore
      const weights = seededFloats(seed + 1000, columns).map((value) =>
        value < -0.4 ? 0 : Math.abs(value) ** 6 * 0.2,
      );
      expect(compareValues(source, weights).filter(({ different }) => different > 0)).toEqual([]);
    }
  });

  it('leaves ordinary values to nobody', () => {
    for (const shape of ['uniform', 'bell-shaped, as weights are', 'heavy-tailed', 'zeros']) {
      for (const weighting of ['no weights', 'random weights']) {
        const results = compare(shape, weightsOf(weighting));
        expect(results.map(({ refused }) => refused)).toEqual(results.map(() => 0));
      }
    }
  });

  it('leaves extreme values to libggml, and the encoder puts them together', () => {
    const shape = shapes['of wildly mixed magnitude']!;
    const source = seededFloats(4, elements).map((random, index) =>
      index % 4096 < 512 ? random * 1e-33 : shape(random, index),
    );
    expect(compare('enormous', null).some(({ refused }) => refused > 0)).toBe(true);
    const encoder = new RowEncoder(codec);
    for (const weights of [null, weightsOf('random weights')]) {
      for (const type of types) {
        const length = rowCount * rowByteLength(type, columns);
        const [ours, theirs] = [new Uint8Array(length), new Uint8Array(length)];
        const rows = encoder.rows(elements);
        rows.set(source);
        encoder.encode(type, rows, rowCount, columns, weights, ours);
        codec.encode(type, source, theirs, rowCount, columns, weights);
        expect(Buffer.from(ours).equals(theirs), type).toBe(true);
      }
    }
  });

  it('keeps its rows when its memory grows', () => {
    const small = kernel.rows(256);
    small.fill(0.5);
    const rows = kernel.rows(1 << 20);
    expect(rows[0]).toBe(0.5);
    expect(rows).toHaveLength(1 << 20);
  });

  it('leaves a row of fewer than four blocks to libggml', () => {
    kernel.rows(96).set(seededFloats(3, 96));
    const target = new Uint8Array(rowByteLength('Q4_0', 96));
    expect([...kernel.encode('Q4_0', 1, 96, null, target)]).toEqual([0, 1, 2]);
  });

  it('encodes rows whose blocks do not come in fours', () => {
    const encoder = new RowEncoder(codec);
    for (const narrow of [160, 224, 2880]) {
      const source = seededFloats(narrow, 6 * narrow);
      const weights = seededFloats(7, narrow).map((value) => value * value + 1e-3);
      for (const type of types.filter((one) => ggmlTypes[one].blockSize === 32)) {
        for (const importance of [null, weights]) {
          const length = 6 * rowByteLength(type, narrow);
          const [ours, theirs] = [new Uint8Array(length), new Uint8Array(length)];
          const rows = encoder.rows(6 * narrow);
          rows.set(source);
          encoder.encode(type, rows, 6, narrow, importance, ours);
          codec.encode(type, source, theirs, 6, narrow, importance);
          expect(Buffer.from(ours).equals(theirs), `${type}, ${narrow} columns`).toBe(true);
        }
      }
    }
  });

  it('writes the bytes of libggml for columns that are no multiple of eight', () => {
    const encoder = new RowEncoder(codec);
    for (const narrow of [1, 33, 100]) {
      const source = seededFloats(narrow, 3 * narrow);
      for (const type of ['F16', 'BF16', 'F32'] as const) {
        const [ours, theirs] = [0, 1].map(() => new Uint8Array(rowByteLength(type, 3 * narrow)));
        const rows = encoder.rows(3 * narrow);
        rows.set(source);
        encoder.encode(type, rows, 3, narrow, null, ours!);
        codec.encode(type, source, theirs!, 3, narrow, null);
        expect(ours, `${type}, ${narrow} columns`).toEqual(theirs);
        const expected = new Float32Array(3 * narrow);
        codec.decode(type, theirs!, expected, expected.length);
        expect(bytesOf(encoder.decode(type, theirs!, expected.length).slice())).toEqual(
          bytesOf(expected),
        );
      }
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])(
    'writes the bytes of libggml beside values of %s, with which the writer refuses the rows',
    (value) => {
      // Every second row is sound, of the others one block; which bytes stand for the rest is of no use to anyone.
      const source = seededFloats(8, elements).map((random, index) =>
        index % (2 * columns) === 300 ? value : random,
      );
      for (const weights of [null, weightsOf('random weights')]) {
        for (const { type, blocks } of compareValues(source, weights)) {
          const { blockSize } = ggmlTypes[type];
          const sound = blocks.filter(
            (block) => Math.floor((block * blockSize) / columns) % 2 === 1,
          );
          expect(sound, type).toEqual([]);
          // Types of small blocks weigh by the mean square of the row.
          const apart = weights === null || blockSize === 256;
          const touched = blocks.map((block) => Math.floor((block * blockSize) % columns));
          if (apart) expect(touched.every((first) => first <= 300 && first + blockSize > 300), type).toBe(true); // prettier-ignore
        }
      }
    },
  );

  it('has no types that carry tables of their own', () => {
    expect(kernel.types).not.toContain('IQ2_XS');
    expect(kernel.types).not.toContain('TQ1_0');
  });

  it.each(['F16', 'BF16'] as const)('decodes every value of %s as libggml does', (type) => {
    const all = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer);
    const expected = new Float32Array(65_536);
    codec.decode(type, all, expected, expected.length);
    const found = kernel.decode(type, all, expected.length);
    expect(Buffer.compare(bytesOf(found), bytesOf(expected))).toBe(0);
  });

  it.each(types)('decodes blocks of %s as libggml does', (type) => {
    for (const shape of [
      'uniform',
      'heavy-tailed',
      'of wildly mixed magnitude',
      'negative zeros',
      'positive',
    ]) {
      const source = seededFloats(shape.length, elements).map(shapes[shape]!);
      const encoded = new Uint8Array(rowCount * rowByteLength(type, columns));
      codec.encode(type, source, encoded, rowCount, columns, null);
      const expected = new Float32Array(elements);
      codec.decode(type, encoded, expected, elements);
      const found = kernel.decode(type, encoded, elements);
      expect(Buffer.compare(bytesOf(found), bytesOf(expected)), shape).toBe(0);
    }
  });

  it.each(['F16', 'BF16'] as const)('rounds to %s as libggml does, whatever the bits', (type) => {
    const bits = new Uint32Array(elements);
    const random = seededFloats(11, elements);
    for (let index = 0; index < elements; index++) {
      // Every exponent, values between two neighbours, and those a bit beside them.
      const pattern = [0, 0x0fff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001][index % 7]!;
      bits[index] = (Math.floor((random[index]! + 1) * 2 ** 31) & 0xffff0000) | pattern;
    }
    const source = new Float32Array(bits.buffer);
    const [ours, theirs] = [new Uint8Array(elements * 2), new Uint8Array(elements * 2)];
    kernel.rows(elements).set(source);
    kernel.encode(type, rowCount, columns, null, ours);
    codec.encode(type, source, theirs, rowCount, columns, null);
    expect(Buffer.compare(ours, theirs)).toBe(0);
  });
});

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
