// A whole tensor out of an adapter (modules_to_save, trained biases and norms) in the place of the base's tensor.
import { requireFinite } from '#src/formats/lora/read-weights.ts';
import { elementCountOf, type TensorView } from '#src/model/model-view.ts';
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16 } from '#src/tensors/float16.ts';
import { convertedTensor } from '../convert/tensors/converted-tensor.ts';
import { WholeTensorCache } from '../convert/tensors/transposed-rows.ts';
import type { MappedTensor } from './mapped-tensor.ts';

/**
 * `base` gives the name and shape. Matrices keep the type that they are stored in; vectors become F32, which is the only
 * type that llama.cpp computes with them in.
 */
export function savedTensorView(
  saved: MappedTensor,
  base: Pick<TensorView, 'name' | 'shape'>,
): TensorView {
  const { tensor, transforms } = saved;
  const target = { name: base.name, transforms };
  const stored = convertedTensor(tensor, target, { cache: new WholeTensorCache() });
  const isVector = tensor.shape.length === 1;
  if (!isVector || stored.type === 'F32') return { ...stored, shape: base.shape };
  const decode = stored.type === 'F16' ? decodeFloat16 : decodeBfloat16;
  return {
    name: base.name,
    shape: base.shape,
    type: 'F32',
    async readRows(_firstRow, _rowCount, target, signal) {
      const values = new Float32Array(elementCountOf(base.shape));
      const bytes = new Uint8Array(2 * values.length);
      await stored.readRows(0, 1, bytes, signal);
      decode(bytes, values);
      requireFinite(values, tensor.name, 'The adapter');
      target.set(new Uint8Array(values.buffer));
    },
  };
}
