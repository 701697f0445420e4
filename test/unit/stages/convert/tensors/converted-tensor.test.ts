import { describe, expect, it } from 'vitest';
import type { TensorTransform } from '#src/architectures/architecture.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import {
  convertedTensor,
  generatedTensorView,
  withRowLimit,
} from '#src/stages/convert/tensors/converted-tensor.ts';
import { WholeTensorCache } from '#src/stages/convert/tensors/transposed-rows.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';

interface Stored {
  readonly tensor: CheckpointTensor<WeightDtype>;
  /** [byte offset, bytes] of every read. */
  readonly reads: [number, number][];
}

/** A tensor whose elements are their own index, and a record of what was read of it. */
function stored(shape: readonly number[], dtype: 'F32' | 'BF16' = 'F32'): Stored {
  const count = shape.reduce((size, part) => size * part, 1);
  const elements =
    dtype === 'F32'
      ? Float32Array.from({ length: count }, (_, index) => index)
      : Uint16Array.from({ length: count }, (_, index) => index);
  const bytes = new Uint8Array(elements.buffer);
  const reads: [number, number][] = [];
  const tensor: CheckpointTensor<WeightDtype> = {
    name: 'stored',
    dtype,
    shape,
    byteLength: bytes.byteLength,
    read(offset, target) {
      reads.push([offset, target.byteLength]);
      target.set(bytes.subarray(offset, offset + target.byteLength));
      return Promise.resolve();
    },
  };
  return { tensor, reads };
}

interface ViewOptions {
  readonly largestKept?: number;
  readonly cache?: WholeTensorCache;
}

function viewOf(
  { tensor }: Stored,
  transforms: readonly TensorTransform[],
  options: ViewOptions = {},
) {
  return convertedTensor(
    tensor,
    { name: 'view', transforms },
    { cache: new WholeTensorCache(), ...options },
  );
}

async function rows(view: ReturnType<typeof viewOf>, first: number, count: number) {
  const bytes = new Uint8Array(rowByteLength(view.type, view.shape[0] ?? 1) * count);
  await view.readRows(first, count, bytes);
  return [
    ...(view.type === 'F32' ? new Float32Array(bytes.buffer) : new Uint16Array(bytes.buffer)),
  ];
}

const permute = [{ op: 'permute-rotary-rows', headCount: 3 }] as const;
const transpose = [{ op: 'transpose' }] as const;

describe('rows as they are stored', () => {
  it('are read from their place and nothing else', async () => {
    const source = stored([10, 4]);
    expect(await rows(viewOf(source, []), 7, 2)).toEqual([28, 29, 30, 31, 32, 33, 34, 35]);
    expect(source.reads).toEqual([[7 * 16, 2 * 16]]);
  });

  it('have the dimensions of PyTorch the other way round', () => {
    expect(viewOf(stored([2, 3, 5]), []).shape).toEqual([5, 3, 2]);
  });
});

describe('permuted rows', () => {
  // Three heads of six rows, two columns: within a head 0 3 1 4 2 5.
  const order = [0, 3, 1, 4, 2, 5];
  const expectedRows = Array.from({ length: 18 }, (_, row) => {
    const source = Math.floor(row / 6) * 6 + (order[row % 6] ?? 0);
    return [2 * source, 2 * source + 1];
  });

  it('interleave the halves of every head, wherever a slab begins and ends', async () => {
    const view = viewOf(stored([18, 2]), permute);
    for (let first = 0; first < 18; first++) {
      for (let count = 1; first + count <= 18; count++) {
        const expected = expectedRows.slice(first, first + count).flat();
        expect([first, count, ...(await rows(view, first, count))]).toEqual([
          first,
          count,
          ...expected,
        ]);
      }
    }
  });

  it('read each row once', async () => {
    const source = stored([18, 2]);
    await rows(viewOf(source, permute), 4, 9);
    expect(source.reads.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(9 * 8);
  });

  it('move the elements of a bias', async () => {
    const biases = await rows(viewOf(stored([18]), permute), 0, 1);
    expect(biases).toEqual(expectedRows.map(([first = 0]) => first / 2));
  });
});

describe('transposed rows', () => {
  const expectedRow = (row: number) =>
    Array.from({ length: 70 }, (_, column) => column * 130 + row);

  it.each([
    ['kept whole', 1e9],
    ['read in blocks of columns', 0],
  ])('are columns of the stored matrix when %s', async (_how, largestKept) => {
    const view = viewOf(stored([70, 130], 'BF16'), transpose, { largestKept });
    expect(view.shape).toEqual([70, 130]);
    for (const [first, count] of [[0, 1], [129, 1], [3, 66], [0, 130]] as const) {
      const expected = Array.from({ length: count }, (_, index) => expectedRow(first + index));
      expect(await rows(view, first, count)).toEqual(expected.flat());
    } // prettier-ignore
  });

  it('fill a target that is not aligned', async () => {
    const view = viewOf(stored([4, 3]), transpose);
    const bytes = new Uint8Array(17);
    await view.readRows(1, 1, bytes.subarray(1));
    expect([...new Float32Array(bytes.slice(1).buffer)]).toEqual([1, 4, 7, 10]);
  });

  it('read a tensor of ordinary size once, and a large one only where rows are asked for', async () => {
    const ordinary = stored([70, 130]);
    const view = viewOf(ordinary, transpose);
    for (let row = 0; row < 130; row++) await rows(view, row, 1);
    expect(ordinary.reads).toEqual([[0, 70 * 130 * 4]]);

    const large = stored([70, 130]);
    await rows(viewOf(large, transpose, { largestKept: 0 }), 5, 10);
    expect(large.reads).toHaveLength(70);
    expect(large.reads.every(([, bytes]) => bytes === 40)).toBe(true);
  });

  it('keep no more than two tensors', async () => {
    const cache = new WholeTensorCache();
    const sources = [stored([2, 2]), stored([2, 2]), stored([2, 2])];
    for (const source of sources) await rows(viewOf(source, transpose, { cache }), 0, 1);
    for (const source of sources) await rows(viewOf(source, transpose, { cache }), 0, 1);
    expect(sources.map(({ reads }) => reads.length)).toEqual([2, 2, 2]);
    await rows(viewOf(sources[2] ?? stored([2, 2]), transpose, { cache }), 1, 1);
    expect(sources[2]?.reads).toHaveLength(2);
  });

  it('read again after a failure', async () => {
    const { tensor } = stored([2, 2]);
    let fails = true;
    const flaky = {
      ...tensor,
      read: (offset: number, target: Uint8Array) =>
        fails ? Promise.reject(new Error('disk')) : tensor.read(offset, target),
    };
    const view = viewOf({ tensor: flaky, reads: [] }, transpose);
    await expect(rows(view, 0, 1)).rejects.toThrow('disk');
    fails = false;
    expect(await rows(view, 0, 1)).toEqual([0, 2]);
  });
});

describe('every view', () => {
  it.each([
    ['stored', []],
    ['permuted', permute],
    ['transposed', transpose],
    ['shifted', [{ op: 'add-scalar', value: 1 } as const]],
  ])('%s stops when it is cancelled', async (_name, transforms) => {
    const source = stored([18, 4]);
    const view = viewOf(source, transforms);
    const bytes = new Uint8Array(rowByteLength(view.type, view.shape[0] ?? 1));
    const reason = new Error('cancelled by the test');
    await expect(view.readRows(0, 1, bytes, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(source.reads).toEqual([]);
  });

  it('gives generated values as one row of F32', async () => {
    const view = generatedTensorView('rope_freqs.weight', Float32Array.of(1, 2.5));
    expect(await rows(view, 0, 1)).toEqual([1, 2.5]);
    expect(view).toMatchObject({ shape: [2], type: 'F32' });
  });

  it('is cut to a limit of rows, never stretched', () => {
    expect(withRowLimit(viewOf(stored([10, 4]), []), 6).shape).toEqual([4, 6]);
    expect(withRowLimit(viewOf(stored([10, 4]), []), 60).shape).toEqual([4, 10]);
  });
});
