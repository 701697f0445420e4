// A whole tensor out of an adapter (modules_to_save, trained biases and norms) in the place of the base's tensor.
// Only layouts that stay as they are, are streamed; the few that change are small or rare and are changed in memory.
import { invariant } from '#src/errors/assert.ts';
import { requireFinite, transposed } from '#src/formats/lora/read-weights.ts';
import { rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16 } from '#src/tensors/float16.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { MappedTensor } from './map-adapter.ts';
import { permuteRotaryRows } from './permute-rotary-rows.ts';

/**
 * `base` gives name and shape. Matrices keep the type that they are stored in; vectors, which llama.cpp wants in F32, and
 * everything that changes its layout or values become F32.
 */
export function savedTensorView(saved: MappedTensor, base: TensorView): TensorView {
  const { tensor, transforms } = saved;
  const { name, shape } = base;
  const columns = shape[0] ?? 1;
  const asStored = transforms.length === 0 && (shape.length > 1 || tensor.dtype === 'F32');
  if (asStored) {
    const rowBytes = rowByteLength(tensor.dtype, columns);
    return {
      name,
      shape,
      type: tensor.dtype,
      async readRows(firstRow, rowCount, target, signal) {
        invariant(
          target.byteLength === rowCount * rowBytes,
          `target of ${rowCount} rows of ${name}`,
        );
        signal?.throwIfAborted();
        await tensor.read(firstRow * rowBytes, target);
      },
    };
  }
  let values: Promise<Float32Array> | undefined;
  return {
    name,
    shape,
    type: 'F32',
    async readRows(firstRow, rowCount, target, signal) {
      signal?.throwIfAborted();
      values ??= readTransformed(saved, columns, rowCountOf(shape));
      const rows = (await values).subarray(firstRow * columns, (firstRow + rowCount) * columns);
      target.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
    },
  };
}

async function readTransformed(
  { tensor, transforms }: MappedTensor,
  columns: number,
  rows: number,
): Promise<Float32Array> {
  const stored = new Float32Array(rows * columns);
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.read(0, bytes);
  if (tensor.dtype === 'F32') new Uint8Array(stored.buffer).set(bytes);
  else (tensor.dtype === 'F16' ? decodeFloat16 : decodeBfloat16)(bytes, stored);
  requireFinite(stored, tensor.name, 'The adapter');
  let values: Float32Array = stored;
  const isVector = tensor.shape.length === 1;
  for (const transform of transforms) {
    switch (transform.op) {
      case 'transpose':
        // Stored (columns, rows).
        values = transposed(values, columns, rows);
        break;
      case 'permute-rotary-rows': {
        const [count, length] = isVector ? [columns, 1] : [rows, columns];
        values = permuteRotaryRows(values, count, length, transform.headCount);
        break;
      }
      case 'add-scalar':
        for (let index = 0; index < values.length; index++) {
          values[index] = (values[index] ?? 0) + transform.value;
        }
        break;
    }
  }
  return values;
}
