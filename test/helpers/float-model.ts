// A model with every row computed and widened to F32: what a merge means, for comparing it with other ways to get there.
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { decodeRows } from './encode-rows.ts';

export function floatModel(model: ModelView): ModelView {
  return { ...model, tensors: model.tensors.map(floatTensor) };
}

function floatTensor(tensor: TensorView): TensorView {
  const { name, shape, type } = tensor;
  const columns = shape[0] ?? 1;
  return {
    name,
    shape,
    type: 'F32',
    async readRows(firstRow, rowCount, target, signal) {
      const stored = new Uint8Array(rowCount * rowByteLength(type, columns));
      await tensor.readRows(firstRow, rowCount, stored, signal);
      const rows = decodeRows(stored, type, rowCount * columns);
      const combination = await tensor.loadCombination?.(signal);
      if (combination !== undefined) combineRows(rows, firstRow, rowCount, columns, combination);
      target.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    },
  };
}
