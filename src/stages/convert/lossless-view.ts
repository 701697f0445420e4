// A Hugging Face model as its lossless conversion would be read back: norms and other small tensors are F32, everything
// else keeps its precision. Quantizing and merging start from this view, so that no file needs to lie in between.
import { invariant } from '#src/errors/assert.ts';
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16 } from '#src/tensors/float16.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import type { HuggingFaceModel } from './open-hugging-face-model.ts';

/** `model` must have been opened with outtype `lossless`; closing the view closes it. */
export function losslessView(model: HuggingFaceModel): ModelView {
  return {
    label: model.label,
    architecture: model.architecture,
    metadata: model.metadata,
    tensors: model.tensors.map((tensor) => {
      const planned = model.plannedTypes.get(tensor.name) ?? tensor.type;
      return planned === tensor.type ? tensor : widened(tensor, planned);
    }),
    close: () => model.close(),
  };
}

/** The rows of a 16-bit tensor as F32; exact. */
function widened(tensor: TensorView, planned: TensorView['type']): TensorView {
  const { type, shape } = tensor;
  invariant(
    planned === 'F32' && (type === 'F16' || type === 'BF16'),
    `${tensor.name} goes from ${type} to ${planned} without loss`,
  );
  const columns = shape[0] ?? 1;
  return {
    name: tensor.name,
    shape,
    type: planned,
    async readRows(firstRow, rowCount, target, signal) {
      const stored = new Uint8Array(rowCount * rowByteLength(type, columns));
      await tensor.readRows(firstRow, rowCount, stored, signal);
      const values = new Float32Array(rowCount * columns);
      (type === 'F16' ? decodeFloat16 : decodeBfloat16)(stored, values);
      target.set(new Uint8Array(values.buffer));
    },
  };
}
