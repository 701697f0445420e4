// bfloat16 is the upper half of an F32. Rounding as gguf-py's quants.py and ggml_compute_fp32_to_bf16 (ggml-impl.h) do.
import { littleEndianUint16 } from './little-endian.ts';

/** The bfloat16 nearest to an F32 bit pattern, ties to even; NaNs are made quiet. */
export function float32BitsToBfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 64;
  return Math.floor(((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) / 0x1_0000) & 0xffff;
}

/** Decodes little-endian bfloat16: `target.length` values from `source` (2 bytes each). Exact. */
export function decodeBfloat16(source: Uint8Array, target: Float32Array): void {
  const halves = littleEndianUint16(source, target.length);
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let index = 0; index < bits.length; index++) bits[index] = (halves[index] ?? 0) << 16;
}

/** Encodes `source` as little-endian bfloat16 into `target` (2 bytes each), rounding to nearest, ties to even. */
export function encodeBfloat16(source: Float32Array, target: Uint8Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let index = 0; index < bits.length; index++) {
    const half = float32BitsToBfloat16Bits(bits[index] ?? 0);
    target[2 * index] = half & 0xff;
    target[2 * index + 1] = half >>> 8;
  }
}
