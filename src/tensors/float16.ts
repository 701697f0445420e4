// IEEE half precision, bit for bit as numpy converts it (npy_floatbits_to_halfbits and its inverse): the reference
// converter writes F16 through `astype(numpy.float16)`. NaN payloads survive, so conversions work on bits, not values.
import { littleEndianUint16 } from './little-endian.ts';

/** The F32 bit pattern of a half. Exact for every input; NaN payloads are shifted up. */
export function float16BitsToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = half & 0x7c00;
  let significand = half & 0x03ff;
  if (exponent === 0x7c00) return (sign | 0x7f800000 | (significand << 13)) >>> 0;
  if (exponent !== 0) return (sign | (((half & 0x7fff) + 0x1c000) << 13)) >>> 0;
  if (significand === 0) return sign >>> 0;
  // Subnormal: shift until the leading one is where a normal number has its hidden bit.
  let shift = 0;
  while ((significand & 0x0400) === 0) {
    significand <<= 1;
    shift++;
  }
  return (sign | ((113 - shift) << 23) | ((significand & 0x03ff) << 13)) >>> 0;
}

/** The half nearest to an F32 bit pattern, ties to even. A NaN stays a NaN and keeps the top of its payload. */
export function float32BitsToFloat16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = bits & 0x7f800000;
  const fraction = bits & 0x007fffff;
  if (exponent >= 0x47800000) {
    if (exponent !== 0x7f800000 || fraction === 0) return sign | 0x7c00;
    const payload = 0x7c00 + (fraction >>> 13);
    // A payload that is shifted out entirely would read as infinity.
    return sign | (payload === 0x7c00 ? 0x7c01 : payload);
  }
  if (exponent <= 0x38000000) {
    if (exponent < 0x33000000) return sign;
    let significand = (0x00800000 | fraction) >>> (113 - (exponent >>> 23));
    // Half way to an even neighbour is rounded down, unless bits were lost in the shift.
    if ((significand & 0x3fff) !== 0x1000 || (bits & 0x07ff) !== 0) significand += 0x1000;
    return sign + (significand >>> 13);
  }
  const rounded = (fraction & 0x3fff) === 0x1000 ? fraction : fraction + 0x1000;
  // Addition, not OR: a significand that overflows carries into the exponent, up to infinity.
  return sign + ((exponent - 0x38000000) >>> 13) + (rounded >>> 13);
}

let decodeTable: Uint32Array | undefined;

function float32BitsOfHalves(): Uint32Array {
  decodeTable ??= Uint32Array.from({ length: 65_536 }, (_, half) => float16BitsToFloat32Bits(half));
  return decodeTable;
}

/** Decodes little-endian halves: `target.length` values from `source` (2 bytes each). */
export function decodeFloat16(source: Uint8Array, target: Float32Array): void {
  const halves = littleEndianUint16(source, target.length);
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  const table = float32BitsOfHalves();
  for (let index = 0; index < bits.length; index++) bits[index] = table[halves[index] ?? 0] ?? 0;
}

/** Encodes `source` as little-endian halves into `target` (2 bytes each), rounding to nearest, ties to even. */
export function encodeFloat16(source: Float32Array, target: Uint8Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let index = 0; index < bits.length; index++) {
    const half = float32BitsToFloat16Bits(bits[index] ?? 0);
    target[2 * index] = half & 0xff;
    target[2 * index + 1] = half >>> 8;
  }
}
