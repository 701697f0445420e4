// Retention with llama.cpp's own rows, on weights whose rounding is known by hand.
import { describe, expect, it } from 'vitest';
import { tensorRetention } from '#electron/factory/matrix/tensor-retention.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';

const { rows } = nativeLibrary();
/** More than one slab, and not a multiple of it. */
const columns = 1024;
const rowCount = 300;
const count = columns * rowCount;
const options = { rows, signal: new AbortController().signal, emit: () => undefined };

function tensor(values: Float32Array, type: GgmlType = 'F32', name = 'a.weight'): TensorView {
  const rowBytes = rowByteLength(type, columns);
  const bytes = new Uint8Array(rowCount * rowBytes);
  rows.encode(type, values, bytes, rowCount, columns, null);
  return {
    name,
    shape: [columns, rowCount],
    type,
    readRows(first, wanted, target) {
      target.set(bytes.subarray(first * rowBytes, (first + wanted) * rowBytes));
      return Promise.resolve();
    },
  };
}

function model(...tensors: TensorView[]): ModelView {
  return {
    label: 'hand-made',
    architecture: 'llama',
    metadata: [],
    tensors,
    close: () => Promise.resolve(),
  };
}

/** Every block of 32 reaches 127, so that Q8_0's step is exactly 1 and whole numbers stay what they are. */
const whole = Float32Array.from({ length: count }, (_, index) =>
  index % 32 === 0 ? 127 : ((index * 37) % 201) - 100,
);

/** W + d on all but each block's largest weight: as an adapter of rank 1, or as plain rows. */
function changed(difference: number): Float32Array {
  return whole.map((value, index) => (index % 32 === 0 ? value : value + difference));
}

async function retentionAt(type: GgmlType, difference: number) {
  const merged = changed(difference);
  const [result] = await tensorRetention(
    model(tensor(whole)),
    model(tensor(merged)),
    [{ base: model(tensor(whole, type)), merged: model(tensor(merged, type)) }],
    options,
  );
  return result;
}

describe('tensorRetention', () => {
  it('is exactly 1 where nothing is rounded', async () => {
    expect(await retentionAt('F32', 0.37)).toEqual({
      retention: 1,
      cosine: expect.closeTo(1, 12) as number,
      perTensor: [{ tensor: 'a.weight', retention: 1 }],
    });
  });

  it('is 0 where the change is below every step', async () => {
    expect((await retentionAt('Q8_0', 0.4))?.retention).toBe(0);
  });

  it('is 1 for a change of whole steps, and more where rounding makes it larger', async () => {
    expect((await retentionAt('Q8_0', 1))?.retention).toBe(1);
    expect((await retentionAt('Q8_0', 0.8))?.retention).toBeCloseTo(1 / 0.8, 5);
  });

  it('takes the change from the adapter’s factors where there are some', async () => {
    const base = tensor(whole);
    const a = Float32Array.from({ length: columns }, (_, index) => (index % 32 === 0 ? 0 : 0.5));
    const adapted: TensorView = {
      ...base,
      loadCombination: () =>
        Promise.resolve({
          method: 'sum',
          deltas: [{ adapter: 'x', rank: 1, a, b: new Float32Array(rowCount).fill(2), scale: 1 }],
        }),
    };
    const pair = { base: model(tensor(whole, 'Q8_0')), merged: model(tensor(changed(1), 'Q8_0')) };
    const found = await tensorRetention(model(base), model(adapted), [pair, pair], options);
    expect(found.map(({ retention }) => retention)).toEqual([1, 1]);
  });

  it('leaves out tensors that the adapter does not touch', async () => {
    const untouched = tensor(whole, 'F32', 'b.weight');
    const found = await tensorRetention(
      model(untouched, tensor(whole)),
      model(untouched, tensor(changed(1))),
      [{ base: model(tensor(whole)), merged: model(tensor(changed(1))) }],
      options,
    );
    expect(found[0]?.perTensor).toEqual([{ tensor: 'a.weight', retention: 1 }]);
  });
});
