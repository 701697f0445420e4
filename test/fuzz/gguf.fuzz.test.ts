import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { float32ArrayEntry, stringArrayEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { mutate } from './mutations.ts';
import { runCases } from './run-cases.ts';

const goldenFile = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../golden/${path}`, import.meta.url)));
const small = buildGguf({
  metadata: [uint32Entry('llama.block_count', 1), stringArrayEntry('t', ['a', 'bc']), float32ArrayEntry('f', [1, 2])],
  tensors: [{ name: 'a', shape: [4] }, { name: 'b', shape: [32, 2], type: 'Q8_0' }],
}); // prettier-ignore
const seeds = [
  goldenFile('gguf/gguf-py.gguf'),
  goldenFile('gguf/split-00001-of-00003.gguf'),
  small,
  small,
];

describe('damaged GGUF files', () => {
  it('are refused with a reason, or read to something that can be written again', async () => {
    const outcome = await runCases({
      seed: 20_240_817,
      cases: 4_000,
      label: 'damaged.gguf',
      make: (random) => mutate(random.pick(seeds), random, random.pick(seeds)),
      async read(source) {
        const header = await readGgufHeader(source);
        for (const { offset, byteLength } of header.tensors) {
          expect(header.dataOffset + offset + byteLength).toBeLessThanOrEqual(source.size);
        }
        const again = encodeGgufHeader({ ...header, version: 3 });
        const data = new Uint8Array(again.fileSize);
        data.set(again.bytes);
        const reread = await readGgufHeader(memoryByteSource(data, source.label));
        expect(reread.metadata).toEqual(header.metadata);
        expect(reread.tensors).toEqual(header.tensors);
      },
    });
    // The cases must reach every part of the reader: none of these may be rare.
    expect(outcome.accepted).toBeGreaterThan(200);
    for (const code of ['format/truncated', 'format/limit', 'format/not-gguf', 'gguf/invalid', 'gguf/version', 'tensor/unsupported-type']) {
      expect(outcome.refused[code], code).toBeGreaterThan(15);
    }
  }); // prettier-ignore

  it('are refused or opened as models, whose rows can then be read', async () => {
    const outcome = await runCases({
      seed: 7,
      cases: 1_000,
      label: 'damaged.gguf',
      make: (random) => mutate(random.pick(seeds), random),
      async read(source) {
        const model = await openGgufModel(source);
        for (const tensor of model.tensors) {
          const rows = Math.min(2, rowCountOf(tensor.shape));
          const rowBytes = rowByteLength(tensor.type, tensor.shape[0] ?? 1);
          await tensor.readRows(0, rows, new Uint8Array(rows * rowBytes));
        }
      },
    });
    expect(outcome.accepted).toBeGreaterThan(50);
  });
});

describe('damaged importance matrices', () => {
  it('are refused with a reason or read', async () => {
    const matrices = ['imatrix/gguf.gguf', 'imatrix/legacy.dat'].map(goldenFile);
    const outcome = await runCases({
      seed: 99,
      cases: 1_500,
      label: 'damaged.imatrix',
      make: (random) => mutate(random.pick(matrices), random, random.pick(matrices)),
      async read(source) {
        const { values } = await readImatrix(source);
        for (const channels of values.values()) expect(channels.every(Number.isFinite)).toBe(true);
      },
    });
    expect(outcome.accepted).toBeGreaterThan(100);
    expect(outcome.refused['imatrix/invalid']).toBeGreaterThan(100);
  });
});
