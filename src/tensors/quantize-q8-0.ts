// Q8_0 for small tensors (adapter factors), bit for bit as gguf-py's quants.py and ggml's quantize_row_q8_0_ref.
// Models are quantized by libggml on worker threads instead.
import { float32BitsToFloat16Bits } from './float16.ts';
import { ggmlTypes } from './ggml-types.ts';

const { blockSize, bytesPerBlock } = ggmlTypes.Q8_0;

/** Encodes `source` (a multiple of 32 values) into `target`: per block an F16 scale, then 32 signed bytes. */
export function quantizeQ8_0(source: Float32Array, target: Uint8Array): void {
  const scale = new Float32Array(1);
  const scaleBits = new Uint32Array(scale.buffer);
  for (let block = 0; block * blockSize < source.length; block++) {
    const values = source.subarray(block * blockSize, (block + 1) * blockSize);
    let largest = 0;
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    scale[0] = largest / 127;
    const step = scale[0] ?? 0;
    const inverse = step === 0 ? 0 : Math.fround(1 / step);
    const half = float32BitsToFloat16Bits(scaleBits[0] ?? 0);
    let offset = block * bytesPerBlock;
    target[offset++] = half & 0xff;
    target[offset++] = half >>> 8;
    for (const value of values)
      target[offset++] = roundHalfAway(Math.fround(value * inverse)) & 0xff;
  }
}

/** C's roundf: halves go away from zero. */
function roundHalfAway(value: number): number {
  const magnitude = Math.abs(value);
  const whole = Math.floor(magnitude);
  return Math.sign(value) * (magnitude - whole >= 0.5 ? whole + 1 : whole);
}
