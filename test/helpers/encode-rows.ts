// Rows of any float type to the bytes of a converted type, as gguf-py computes them (gguf/quants.py). A slow, plain
// second implementation: what the tests hold the real pipeline against.
import { decodeBfloat16, encodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16, encodeFloat16, float32BitsToFloat16Bits } from '#src/tensors/float16.ts';
import { tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { littleEndianFloat32 } from '#src/tensors/little-endian.ts';

/** F32 values of `count` weights in F32, F16 or BF16. */
export function decodeRows(bytes: Uint8Array, type: GgmlType, count: number): Float32Array {
  const values = new Float32Array(count);
  if (type === 'F16') decodeFloat16(bytes, values);
  else if (type === 'BF16') decodeBfloat16(bytes, values);
  else if (type === 'F32') values.set(littleEndianFloat32(bytes, count));
  else throw new Error(`decodeRows does not read ${type}`);
  return values;
}

/** The bytes of `values` in F32, F16, BF16 or Q8_0. */
export function encodeRows(values: Float32Array, type: GgmlType): Uint8Array {
  const bytes = new Uint8Array(tensorByteLength(type, [values.length]));
  if (type === 'F16') encodeFloat16(values, bytes);
  else if (type === 'BF16') encodeBfloat16(values, bytes);
  else if (type === 'F32')
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)); // prettier-ignore
  else if (type === 'Q8_0') encodeQ8(values, bytes);
  else throw new Error(`encodeRows does not write ${type}`);
  return bytes;
}

function encodeQ8(values: Float32Array, bytes: Uint8Array): void {
  const bits = new Uint32Array(1);
  const scale = new Float32Array(bits.buffer);
  for (let block = 0; block < values.length / 32; block++) {
    const weights = values.subarray(block * 32, block * 32 + 32);
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    scale[0] = Math.fround(largest / 127);
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    const half = float32BitsToFloat16Bits(bits[0] ?? 0);
    bytes.set([half & 255, half >>> 8], block * 34);
    weights.forEach((weight, index) => {
      bytes[block * 34 + 2 + index] = roundAwayFromZero(Math.fround(weight * inverse)) & 255;
    });
  }
}

function roundAwayFromZero(value: number): number {
  const size = Math.abs(value);
  const floor = Math.floor(size);
  return Math.sign(value) * (floor + Math.floor(2 * (size - floor)));
}
