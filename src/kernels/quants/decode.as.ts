// AssemblyScript. Quantized blocks to F32, with the bits of dequantize_row_* (ggml-quants.c of llama.cpp v0.5.0): sixteen codes
// at a time become bytes, and each byte times its scale, less its offset, a value.
import { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, VALUES } from './block-quants.as';
import { fromHalf } from './vectors.as';

const Q2_K = 10;
const Q3_K = 11;
const Q4_K = 12;
const Q5_K = 13;
const Q6_K = 14;
const IQ4_NL = 20;

/** blocks at `source` to f32 at `target`; `type` is ggml's number of the type. */
export function decodeBlocks(type: i32, source: usize, target: usize, blocks: i32): void {
  for (let block = 0; block < blocks; block++) {
    if (type <= Q8_0 || type == IQ4_NL) {
      source += decodeSmall(type, source, target);
      target += 128;
      continue;
    }
    source +=
      type == Q2_K ? decodeQ2(source, target)
      : type == Q3_K ? decodeQ3(source, target)
      : type == Q4_K ? decodeQ45(source, target, false)
      : type == Q5_K ? decodeQ45(source, target, true)
      : type == Q6_K ? decodeQ6(source, target)
      : decodeXs(source, target);
    target += 1024;
  }
}

/** Sixteen signed codes, times `scale`, less `offset`. */
@inline
function put(target: usize, codes: v128, scale: f32, offset: f32): void {
  const factor = f32x4.splat(scale);
  const less = f32x4.splat(offset);
  const low = i16x8.extend_low_i8x16_s(codes);
  const high = i16x8.extend_high_i8x16_s(codes);
  v128.store(target, f32x4.sub(f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low))), less));
  v128.store(target, f32x4.sub(f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low))), less), 16);
  v128.store(target, f32x4.sub(f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high))), less), 32);
  v128.store(target, f32x4.sub(f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high))), less), 48);
}

/** Blocks of 32 weights; gives their bytes. */
function decodeSmall(type: i32, source: usize, target: usize): usize {
  const d = fromHalf(load<u16>(source));
  if (type == Q8_0) {
    put(target, v128.load(source, 2), d, 0);
    put(target + 64, v128.load(source, 18), d, 0);
    return 34;
  }
  const hasMin = type == Q4_1 || type == Q5_1;
  const hasHigh = type == Q5_0 || type == Q5_1;
  const offset: f32 = hasMin ? -fromHalf(load<u16>(source + 2)) : 0;
  const head: usize = hasMin ? 4 : 2;
  const start = source + head + (hasHigh ? 4 : 0);
  const packed = v128.load(start);
  let low = v128.and(packed, i8x16.splat(15));
  let high = i8x16.shr_u(packed, 4);
  if (hasHigh) {
    low = v128.or(low, fifthBits(load<u16>(source + head)));
    high = v128.or(high, fifthBits(load<u16>(source + head + 2)));
  }
  if (type == IQ4_NL) {
    low = i8x16.swizzle(v128.load(VALUES), low);
    high = i8x16.swizzle(v128.load(VALUES), high);
  } else if (!hasMin) {
    const middle = i8x16.splat(type == Q4_0 ? 8 : 16);
    low = i8x16.sub(low, middle);
    high = i8x16.sub(high, middle);
  }
  put(target, low, d, offset);
  put(target + 64, high, d, offset);
  return start + 16 - source;
}

/** Bit j as the value 16 in byte j. */
@inline
function fifthBits(bits: u16): v128 {
  const which = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const spread = i8x16.shuffle(i16x8.splat(<i16>bits), i16x8.splat(0), 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  return v128.and(i8x16.eq(v128.and(spread, which), which), i8x16.splat(16));
}

function decodeQ2(source: usize, target: usize): usize {
  const d = fromHalf(load<u16>(source + 80));
  const min = fromHalf(load<u16>(source + 82));
  for (let j = 0; j < 16; j++) {
    const packed = load<u8>(source + j);
    // Two runs of 16 share a shift; after eight runs come the next 32 bytes.
    const codes = v128.load(source + 16 + ((j >> 3) << 5) + ((j & 1) << 4));
    const code = v128.and(i8x16.shr_u(codes, j & 6), i8x16.splat(3));
    put(target + (j << 6), code, d * <f32>(packed & 15), min * <f32>(packed >> 4));
  }
  return 84;
}

function decodeQ3(source: usize, target: usize): usize {
  const d = fromHalf(load<u16>(source + 108));
  const packed = source + 96;
  for (let j = 0; j < 16; j++) {
    const low = j < 8 ? load<u8>(packed + j) & 15 : load<u8>(packed + j - 8) >> 4;
    const high = (load<u8>(packed + 8 + (j & 3)) >> <u8>(2 * (j >> 2))) & 3;
    const scale = <i32>(low | (high << 4)) - 32;
    const codes = v128.load(source + 32 + ((j >> 3) << 5) + ((j & 1) << 4));
    const mask = i8x16.splat(<i8>(<i32>1 << (j >> 1)));
    const hasHigh = i8x16.eq(v128.and(v128.load(source + ((j & 1) << 4)), mask), mask);
    const code = v128.and(i8x16.shr_u(codes, j & 6), i8x16.splat(3));
    put(target + (j << 6), i8x16.sub(code, v128.andnot(i8x16.splat(4), hasHigh)), d * <f32>scale, 0);
  }
  return 110;
}

function decodeQ45(source: usize, target: usize, isQ5: bool): usize {
  const d = fromHalf(load<u16>(source));
  const min = fromHalf(load<u16>(source + 2));
  const packed = source + 4;
  const high = source + 16;
  const codes = source + (isQ5 ? 48 : 16);
  for (let j = 0; j < 8; j++) {
    // get_scale_min_k4
    const first = load<u8>(packed + j);
    const middle = load<u8>(packed + j + 4);
    const scale = j < 4 ? first & 63 : (middle & 15) | ((load<u8>(packed + j - 4) >> 6) << 4);
    const offset = j < 4 ? middle & 63 : (middle >> 4) | ((first >> 6) << 4);
    const factor: f32 = d * <f32>scale;
    const less: f32 = min * <f32>offset;
    const mask = i8x16.splat(<i8>(<i32>1 << j));
    for (let l: usize = 0; l < 32; l += 16) {
      const pair = v128.load(codes + ((j >> 1) << 5) + l);
      let code = (j & 1) == 0 ? v128.and(pair, i8x16.splat(15)) : i8x16.shr_u(pair, 4);
      if (isQ5) {
        const isSet = i8x16.eq(v128.and(v128.load(high + l), mask), mask);
        code = v128.or(code, v128.and(isSet, i8x16.splat(16)));
      }
      put(target + (j << 7) + (l << 2), code, factor, less);
    }
  }
  return isQ5 ? 176 : 144;
}

function decodeQ6(source: usize, target: usize): usize {
  const d = fromHalf(load<u16>(source + 208));
  for (let j = 0; j < 16; j++) {
    const half: usize = j >> 3;
    const quarter = (j >> 1) & 3;
    const side: usize = (j & 1) << 4;
    const low = v128.load(source + (half << 6) + ((quarter & 1) << 5) + side);
    const nibbles = quarter < 2 ? v128.and(low, i8x16.splat(15)) : i8x16.shr_u(low, 4);
    const bits = i8x16.shr_u(v128.load(source + 128 + (half << 5) + side), quarter << 1);
    const code = v128.or(nibbles, i8x16.shl(v128.and(bits, i8x16.splat(3)), 4));
    const scale = d * <f32>load<i8>(source + 192 + j);
    put(target + (j << 6), i8x16.sub(code, i8x16.splat(32)), scale, 0);
  }
  return 210;
}

function decodeXs(source: usize, target: usize): usize {
  const d = fromHalf(load<u16>(source));
  const high = load<u16>(source + 2);
  for (let j = 0; j < 8; j++) {
    const low = (load<u8>(source + 4 + (j >> 1)) >> <u8>(4 * (j & 1))) & 15;
    const scale = <i32>(low | (((high >> <u16>(2 * j)) & 3) << 4)) - 32;
    const factor: f32 = d * <f32>scale;
    const packed = v128.load(source + 8 + (j << 4));
    const values = v128.load(VALUES);
    put(target + (j << 7), i8x16.swizzle(values, v128.and(packed, i8x16.splat(15))), factor, 0);
    put(target + (j << 7) + 64, i8x16.swizzle(values, i8x16.shr_u(packed, 4)), factor, 0);
  }
  return 136;
}
