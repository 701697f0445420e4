// One output tensor as a view: the checkpoint's rows through the transforms that its family declares.
import type { TensorTarget, TensorTransform } from '#src/architectures/architecture.ts';
import { assertNever } from '#src/errors/assert.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import type { TensorView } from '#src/model/model-view.ts';
import { permutedRows } from './permuted-rows.ts';
import { shiftedRows } from './shifted-rows.ts';
import { storedRows, type TensorRows } from './tensor-rows.ts';
import { transposedRows, type TransposeOptions } from './transposed-rows.ts';

export function convertedTensor(
  tensor: CheckpointTensor<WeightDtype>,
  target: TensorTarget,
  options: TransposeOptions,
): TensorView {
  const [first, ...others] = target.transforms;
  const transposed = first?.op === 'transpose';
  const rows = (transposed ? others : target.transforms).reduce(
    applyTransform,
    transposed ? transposedRows(tensor, options) : storedRows(tensor),
  );
  return { name: target.name, ...rows };
}

function applyTransform(rows: TensorRows, transform: TensorTransform): TensorRows {
  switch (transform.op) {
    case 'permute-rotary-rows':
      return permutedRows(rows, transform.headCount);
    case 'add-scalar':
      return shiftedRows(rows, transform.value);
    case 'transpose':
      throw new Error('Broken invariant: a transpose comes first, because it reads stored columns');
    default:
      return assertNever(transform);
  }
}

/** The same view without the rows from `rowCount` on. */
export function withRowLimit(view: TensorView, rowCount: number): TensorView {
  const [columns = 0, rows = 1] = view.shape;
  return rows <= rowCount ? view : { ...view, shape: [columns, rowCount] };
}

/** A tensor that was computed: one row of F32 values. */
export function generatedTensorView(name: string, values: Float32Array): TensorView {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    name,
    shape: [values.length],
    type: 'F32',
    readRows(_firstRow, _rowCount, target, signal) {
      signal?.throwIfAborted();
      target.set(bytes);
      return Promise.resolve();
    },
  };
}
