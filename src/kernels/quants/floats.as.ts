// AssemblyScript. F16 and BF16 to F32 and back, four values at once, with the bits of ggml_compute_fp16_to_fp32 and its kin
// (ggml-impl.h of llama.cpp v0.5.0): rounding to nearest even, subnormals kept, NaN made quiet.

/** f16 (count) at `source` to f32 at `target`; `count` is a multiple of 8. */
export function decodeHalf(source: usize, target: usize, count: i32): void {
  const end = target + ((<usize>count) << 2);
  while (target < end) {
    const halves = v128.load(source);
    v128.store(target, fromHalves(i32x4.extend_low_i16x8_u(halves)));
    v128.store(target + 16, fromHalves(i32x4.extend_high_i16x8_u(halves)));
    source += 16;
    target += 32;
  }
}

/** bf16 (count) at `source` to f32 at `target`; `count` is a multiple of 8. */
export function decodeBrain(source: usize, target: usize, count: i32): void {
  const end = target + ((<usize>count) << 2);
  while (target < end) {
    const values = v128.load(source);
    v128.store(target, i32x4.shl(i32x4.extend_low_i16x8_u(values), 16));
    v128.store(target + 16, i32x4.shl(i32x4.extend_high_i16x8_u(values), 16));
    source += 16;
    target += 32;
  }
}

/** f32 (count) at `source` to f16 at `target`; `count` is a multiple of 8. */
export function encodeHalf(source: usize, target: usize, count: i32): void {
  const end = target + ((<usize>count) << 1);
  while (target < end) {
    v128.store(target, joinLow(toHalves(v128.load(source)), toHalves(v128.load(source + 16))));
    source += 32;
    target += 16;
  }
}

/** f32 (count) at `source` to bf16 at `target`; `count` is a multiple of 8. */
export function encodeBrain(source: usize, target: usize, count: i32): void {
  const end = target + ((<usize>count) << 1);
  while (target < end) {
    v128.store(target, joinLow(toBrains(v128.load(source)), toBrains(v128.load(source + 16))));
    source += 32;
    target += 16;
  }
}

/** The low 16 bits of eight 32-bit lanes. */
@inline
function joinLow(first: v128, second: v128): v128 {
  return v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
}

/** ggml_compute_fp16_to_fp32 of the low halves of four lanes. */
@inline
function fromHalves(halves: v128): v128 {
  const bits = i32x4.shl(halves, 16);
  const doubled = i32x4.add(bits, bits);
  const raised = i32x4.add(i32x4.shr_u(doubled, 4), i32x4.splat(0x70000000));
  const normal = f32x4.mul(raised, i32x4.splat(0x07800000));
  const subnormal = f32x4.sub(v128.or(i32x4.shr_u(doubled, 17), i32x4.splat(0x3f000000)), f32x4.splat(0.5));
  const isSubnormal = i32x4.lt_u(doubled, i32x4.splat(0x08000000));
  return v128.or(v128.and(bits, i32x4.splat(0x80000000)), v128.bitselect(subnormal, normal, isSubnormal));
}

/** ggml_compute_fp32_to_fp16. */
@inline
function toHalves(values: v128): v128 {
  const doubled = i32x4.add(values, values);
  // Rounding happens in the additions of floats: first a factor that turns what is too large into infinity.
  let base = f32x4.mul(f32x4.mul(f32x4.abs(values), i32x4.splat(0x77800000)), i32x4.splat(0x08800000));
  const bias = i32x4.max_u(v128.and(doubled, i32x4.splat(0xff000000)), i32x4.splat(0x71000000));
  base = f32x4.add(i32x4.add(i32x4.shr_u(bias, 1), i32x4.splat(0x07800000)), base);
  const exponent = v128.and(i32x4.shr_u(base, 13), i32x4.splat(0x7c00));
  const magnitude = i32x4.add(exponent, v128.and(base, i32x4.splat(0x0fff)));
  const isNan = i32x4.gt_u(doubled, i32x4.splat(0xff000000));
  const sign = v128.and(i32x4.shr_u(values, 16), i32x4.splat(0x8000));
  return v128.or(sign, v128.bitselect(i32x4.splat(0x7e00), magnitude, isNan));
}

/** ggml_compute_fp32_to_bf16. */
@inline
function toBrains(values: v128): v128 {
  const high = i32x4.shr_u(values, 16);
  const odd = v128.and(high, i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(values, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
  const isNan = i32x4.gt_u(v128.and(values, i32x4.splat(0x7fffffff)), i32x4.splat(0x7f800000));
  return v128.bitselect(v128.or(high, i32x4.splat(64)), rounded, isNan);
}
