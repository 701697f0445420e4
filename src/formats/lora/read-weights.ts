// Reads small checkpoint tensors as F32, which is exact for every type that adapters are stored in.
import { StudioError } from '#src/errors/studio-error.ts';
import type { CheckpointTensor, WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16 } from '#src/tensors/float16.ts';

/** All values of a tensor, row-major. Throws `adapter/invalid` when one is not finite. */
export async function readAdapterWeights(
  tensor: CheckpointTensor<WeightDtype>,
  label: string,
): Promise<Float32Array> {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const values = new Float32Array(count);
  if (tensor.dtype === 'F32') {
    await tensor.read(0, new Uint8Array(values.buffer));
  } else {
    const bytes = new Uint8Array(tensor.byteLength);
    await tensor.read(0, bytes);
    (tensor.dtype === 'F16' ? decodeFloat16 : decodeBfloat16)(bytes, values);
  }
  requireFinite(values, tensor.name, label);
  return values;
}

/** Throws `adapter/invalid` naming the first value that is NaN or infinite: it would spoil every merged weight. */
export function requireFinite(values: Float32Array, name: string, label: string): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (Number.isFinite(value)) continue;
    throw new StudioError(
      'adapter/invalid',
      `${label}: element ${index} of "${name}" is ${value}; adapters hold finite numbers only.`,
      { hint: 'The training diverged or the file is damaged: use another checkpoint of it.' },
    );
  }
}

/** Transposes row-major (rows, columns) to (columns, rows). */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return result;
}
