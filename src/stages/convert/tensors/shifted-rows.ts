// Gemma's norms: a constant added to every value, rounded as torch rounds it. The reference widens BF16 to F32 before it
// adds and leaves F16 as it is, so the sum of an F16 tensor is rounded to F16 again.
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16, encodeFloat16 } from '#src/tensors/float16.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { littleEndianFloat32 } from '#src/tensors/little-endian.ts';
import type { TensorRows } from './tensor-rows.ts';

export function shiftedRows(rows: TensorRows, value: number): TensorRows {
  const columns = rows.shape[0] ?? 1;
  return {
    shape: rows.shape,
    type: rows.type === 'F16' ? 'F16' : 'F32',
    async readRows(firstRow, rowCount, target, signal) {
      const count = rowCount * columns;
      const stored = new Uint8Array(rowByteLength(rows.type, count));
      await rows.readRows(firstRow, rowCount, stored, signal);
      const values = new Float32Array(count);
      if (rows.type === 'F16') decodeFloat16(stored, values);
      else if (rows.type === 'BF16') decodeBfloat16(stored, values);
      else values.set(littleEndianFloat32(stored, count));
      for (let index = 0; index < count; index++) values[index] = (values[index] ?? 0) + value;
      if (rows.type === 'F16') encodeFloat16(values, target);
      else target.set(new Uint8Array(values.buffer));
    },
  };
}
