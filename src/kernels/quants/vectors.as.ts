// AssemblyScript. What the kernels of all quantizations share: the memory in which four blocks are worked on at once, one per
// SIMD lane, and conversions that give the bits of ggml's own (names as in ggml-quants.c and ggml-impl.h of llama.cpp v0.5.0).

/** Of four sub-blocks: transposed values, weights, importance or precomputed products, codes; 32 vectors each. */
export const X = memory.data(4 * 32 * 16, 16);
export const W = X + 512;
export const U = X + 1024;
export const CODES = X + 1536;
/** From a value to its weight and so on: immediate offsets, which cost no addition. */
export const TO_W: usize = 512;
export const TO_U: usize = 1024;
export const TO_CODES: usize = 1536;
/** Per sub-block of a super-block (at most 16): results of the searches. */
export const SCALES = memory.data(64, 16);
export const MINS = memory.data(64, 16);
export const WEIGHT_SUMS = memory.data(64, 16);
/** The factor and the offset with which the best codes were found, for sub-blocks whose scale rounds to zero. */
export const FACTORS = memory.data(64, 16);
export const OFFSETS = memory.data(64, 16);

export const MAGIC: f32 = 12582912;
export const GROUP_MAX_EPS: f32 = 1e-15;
/** Ranges of values (or their differences) within which rounding cannot leave 22 bits. */
export const LEAST: f32 = 1e-25;
export const MOST: f32 = 1e12;

@inline
export function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 4);
}

@inline
export function abs(value: f32): f32 {
  return reinterpret<f32>(reinterpret<u32>(value) & 0x7fffffff);
}

/** nearest_int: valid up to 2^22. */
@inline
export function nearestInt(value: f32): i32 {
  return (reinterpret<i32>(value + MAGIC) & 0x007fffff) - 0x00400000;
}

/** ggml_compute_fp32_to_fp16. */
export function toHalf(value: f32): u16 {
  const bits = reinterpret<u32>(value);
  const doubled = bits + bits;
  let base = abs(value) * reinterpret<f32>(0x77800000) * reinterpret<f32>(0x08800000);
  let bias = doubled & 0xff000000;
  if (bias < 0x71000000) bias = 0x71000000;
  base = reinterpret<f32>((bias >> 1) + 0x07800000) + base;
  const rounded = reinterpret<u32>(base);
  const magnitude = ((rounded >> 13) & 0x7c00) + (rounded & 0x0fff);
  return <u16>(((bits & 0x80000000) >> 16) | (doubled > 0xff000000 ? 0x7e00 : magnitude));
}

/** ggml_compute_fp16_to_fp32. */
export function fromHalf(half: u16): f32 {
  const bits = (<u32>half) << 16;
  const doubled = bits + bits;
  const normal = reinterpret<f32>((doubled >> 4) + 0x70000000) * reinterpret<f32>(0x07800000);
  const tiny = reinterpret<f32>((doubled >> 17) | 0x3f000000) - <f32>0.5;
  const magnitude = doubled < 0x08000000 ? tiny : normal;
  return reinterpret<f32>((bits & 0x80000000) | reinterpret<u32>(magnitude));
}

/** Four runs of `count` floats, `stride` bytes apart, to vectors of one float of each. */
export function transpose(source: usize, stride: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const p = source + ((<usize>i) << 2);
    const a = v128.load(p);
    const b = v128.load(p + stride);
    const c = v128.load(p + stride * 2);
    const d = v128.load(p + stride * 3);
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(at(target, i), v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(at(target, i + 1), v128.shuffle<i64>(ab, cd, 1, 3));
    v128.store(at(target, i + 2), v128.shuffle<i64>(AB, CD, 0, 2));
    v128.store(at(target, i + 3), v128.shuffle<i64>(AB, CD, 1, 3));
  }
}

/** Sum of squares of a super-block, in order. */
export function sumOfSquares(x: usize): f32 {
  let sum: f32 = 0;
  for (let i: usize = 0; i < 1024; i += 4) {
    const value = load<f32>(x + i);
    sum += value * value;
  }
  return sum;
}

/** W = qw * sqrt(sigma2 + x²), `qw` transposed in U. */
export function weighByImportance(count: i32, sigma2: f32): void {
  const sigma = f32x4.splat(sigma2);
  for (let i = 0; i < count; i++) {
    const value = v128.load(at(X, i));
    const root = f32x4.sqrt(f32x4.add(sigma, f32x4.mul(value, value)));
    v128.store(at(W, i), f32x4.mul(v128.load(at(U, i)), root));
  }
}

@inline
export function isBetween(range: v128): v128 {
  return v128.and(f32x4.ge(range, f32x4.splat(LEAST)), f32x4.le(range, f32x4.splat(MOST)));
}

/**
 * Four blocks' codes (below 256, one i32 per lane and element, at `codes`) as bytes: those of lane b at target + b × stride.
 * `count` is a multiple of 16.
 */
export function storeBytes(codes: usize, target: usize, stride: usize, count: i32): void {
  for (let i = 0; i < count; i += 16) {
    const a = packFour(codes + ((<usize>i) << 4));
    const b = packFour(codes + ((<usize>i) << 4) + 64);
    const c = packFour(codes + ((<usize>i) << 4) + 128);
    const d = packFour(codes + ((<usize>i) << 4) + 192);
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const p = target + i;
    v128.store(p, v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(p + stride, v128.shuffle<i64>(ab, cd, 1, 3));
    v128.store(p + stride * 2, v128.shuffle<i64>(AB, CD, 0, 2));
    v128.store(p + stride * 3, v128.shuffle<i64>(AB, CD, 1, 3));
  }
}

/** Per lane the low bytes of four vectors, one behind the other. */
@inline
function packFour(codes: usize): v128 {
  const low = v128.or(v128.load(codes), i32x4.shl(v128.load(codes + 16), 8));
  return v128.or(low, v128.or(i32x4.shl(v128.load(codes + 32), 16), i32x4.shl(v128.load(codes + 48), 24)));
}

/** nearest_int of four values, exact for every value. */
@inline
export function nearestInts(values: v128): v128 {
  const bits = v128.and(f32x4.add(values, f32x4.splat(MAGIC)), i32x4.splat(0x007fffff));
  return i32x4.sub(bits, i32x4.splat(0x00400000));
}
