// Rows of a checkpoint tensor as the transforms of this folder pass them on: the readable part of a TensorView.
import type { TensorView } from '#src/model/model-view.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';

export interface TensorRows extends Pick<TensorView, 'shape' | 'readRows'> {
  readonly type: WeightDtype;
}

/** The rows as they are stored; PyTorch's last dimension is ggml's first. */
export function storedRows(tensor: CheckpointTensor<WeightDtype>): TensorRows {
  const shape = [...tensor.shape].reverse();
  const bytesPerRow = rowByteLength(tensor.dtype, shape[0] ?? 1);
  return {
    shape,
    type: tensor.dtype,
    async readRows(firstRow, _rowCount, target, signal) {
      signal?.throwIfAborted();
      await tensor.read(firstRow * bytesPerRow, target);
    },
  };
}
