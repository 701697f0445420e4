// AssemblyScript. Q2_K, Q3_K, Q4_K, Q5_K and Q6_K: super-blocks of 256 weights.
import { max_i32, positiveCodes, scaleCodes, searchRefined, searchSymmetric, searchWithMin } from './searches.as';
import {
  abs,
  at,
  FACTORS,
  fromHalf,
  GROUP_MAX_EPS,
  MAGIC,
  MINS,
  nearestInt,
  OFFSETS,
  SCALES,
  sumOfSquares,
  toHalf,
  transpose,
  U,
  W,
  weighByImportance,
  WEIGHT_SUMS,
  X,
} from './vectors.as';

const LS = memory.data(16, 16);
const LM = memory.data(16, 16);
/** One code per weight of a super-block. */
const L = memory.data(256, 16);

const Q2_K = 10;
const Q3_K = 11;
const Q4_K = 12;
const Q5_K = 13;

/**
 * Encodes rows × blocks super-blocks of 256 values.
 * x: f32 (rows, blocks × 256); weights: f32 (blocks × 256) or 0; target: encoded blocks; refused: u32 list, overwritten.
 * Returns how many super-blocks it left alone; their indices are in `refused`.
 */
export function encodeSuperBlocks(
  type: i32,
  x: usize,
  weights: usize,
  target: usize,
  rows: i32,
  blocks: i32,
  refused: usize,
): i32 {
  const size: usize = type == Q2_K ? 84 : type == Q3_K ? 110 : type == Q4_K ? 144 : type == Q5_K ? 176 : 210;
  let left = 0;
  for (let row = 0, index = 0; row < rows; row++) {
    let w = weights;
    for (let block = 0; block < blocks; block++, index++) {
      const done =
        type == Q2_K ? encodeQ2(x, w, target)
        : type == Q3_K ? encodeQ3(x, w, target)
        : type == Q4_K ? encodeQ45(x, w, target, 15)
        : type == Q5_K ? encodeQ45(x, w, target, 31)
        : encodeQ6(x, w, target);
      if (!done) {
        store<u32>(refused + ((<usize>left) << 2), index);
        left++;
      }
      x += 1024;
      target += size;
      if (weights != 0) w += 1024;
    }
  }
  return left;
}

/** Codes of one sub-block: nearest((x + offset) / d), or the search's own where d is 0. */
function codesWithMin(x: usize, target: usize, count: i32, d: f32, offset: f32, nmax: i32, j: i32): void {
  const top = i32x4.splat(nmax);
  const bottom = i32x4.splat(0);
  const magic = f32x4.splat(MAGIC);
  const mask = i32x4.splat(0x007fffff);
  const base = i32x4.splat(0x00400000);
  const isZero = d == 0;
  const factor = f32x4.splat(load<f32>(FACTORS + ((<usize>j) << 2)));
  const first = f32x4.splat(load<f32>(OFFSETS + ((<usize>j) << 2)));
  const divisor = f32x4.splat(d);
  const shift = f32x4.splat(offset);
  for (let i = 0; i < count; i += 4) {
    const value = v128.load(x + ((<usize>i) << 2));
    const exact = isZero ? f32x4.mul(factor, f32x4.sub(value, first)) : f32x4.div(f32x4.add(value, shift), divisor);
    const code = i32x4.sub(v128.and(f32x4.add(exact, magic), mask), base);
    const clamped = i32x4.max_s(bottom, i32x4.min_s(top, code));
    const narrow = i16x8.narrow_i32x4_u(clamped, clamped);
    store<u32>(target + i, <u32>i32x4.extract_lane(i8x16.narrow_i16x8_u(narrow, narrow), 0));
  }
}

/** The larger of 0 and the values of a list, found as the scalar code finds it. */
function largest(list: usize, count: i32): f32 {
  let most: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(list + ((<usize>i) << 2));
    if (value > most) most = value;
  }
  return most;
}

function encodeQ45(x: usize, weights: usize, target: usize, nmax: i32): bool {
  const sigma2: f32 = weights == 0 ? 0 : (<f32>2 * sumOfSquares(x)) / <f32>256;
  for (let group = 0; group < 2; group++) {
    const source = x + ((<usize>group) << 9);
    transpose(source, 128, X, 32);
    if (weights == 0) {
      let squares = f32x4.splat(0);
      for (let i = 0; i < 32; i++) {
        const value = v128.load(at(X, i));
        squares = f32x4.add(squares, f32x4.mul(value, value));
      }
      const average = f32x4.sqrt(f32x4.div(squares, f32x4.splat(32)));
      for (let i = 0; i < 32; i++) v128.store(at(W, i), f32x4.add(average, f32x4.abs(v128.load(at(X, i)))));
    } else {
      transpose(weights + ((<usize>group) << 9), 128, U, 32);
      weighByImportance(32, sigma2);
    }
    const slot = (<usize>group) << 4;
    const isQ4 = nmax == 15;
    const sound =
      weights != 0 ? searchWithMin(slot, 32, <f32>nmax, -0.9, 0.05, 36, false)
      : isQ4 ? searchWithMin(slot, 32, 15, -1, 0.1, 20, false)
      : searchWithMin(slot, 32, 31, -0.5, 0.1, 15, false);
    if (!sound) return false;
  }
  let d: f32;
  let dmin: f32;
  if (weights == 0) {
    const maxScale = largest(SCALES, 8);
    const maxMin = largest(MINS, 8);
    const inverseScale: f32 = maxScale > 0 ? <f32>63 / maxScale : 0;
    const inverseMin: f32 = maxMin > 0 ? <f32>63 / maxMin : 0;
    for (let j = 0; j < 8; j++) {
      const offset = (<usize>j) << 2;
      store<u8>(LS + j, <u8>nearestInt(inverseScale * load<f32>(SCALES + offset)));
      store<u8>(LM + j, <u8>nearestInt(inverseMin * load<f32>(MINS + offset)));
    }
    d = maxScale / <f32>63;
    dmin = maxMin / <f32>63;
  } else {
    d = positiveCodes(8, 63, SCALES, LS, WEIGHT_SUMS);
    dmin = positiveCodes(8, 63, MINS, LM, WEIGHT_SUMS);
  }
  const packed = target + 4;
  for (let j = 0; j < 8; j++) {
    let ls = load<u8>(LS + j);
    let lm = load<u8>(LM + j);
    // Only Q4_K with importance does not clamp here.
    if (weights == 0 || nmax == 31) {
      ls = min<u8>(63, ls);
      lm = min<u8>(63, lm);
    }
    if (j < 4) {
      store<u8>(packed + j, ls);
      store<u8>(packed + j + 4, lm);
    } else {
      store<u8>(packed + j + 4, (ls & 15) | ((lm & 15) << 4));
      store<u8>(packed + j - 4, load<u8>(packed + j - 4) | ((ls >> 4) << 6));
      store<u8>(packed + j, load<u8>(packed + j) | ((lm >> 4) << 6));
    }
  }
  const half = toHalf(d);
  const halfMin = toHalf(dmin);
  store<u16>(target, half);
  store<u16>(target + 2, halfMin);
  d = fromHalf(half);
  dmin = fromHalf(halfMin);
  for (let j = 0; j < 8; j++) {
    // get_scale_min_k4
    const low = load<u8>(packed + j);
    const middle = load<u8>(packed + j + 4);
    const scale = j < 4 ? low & 63 : (middle & 15) | ((load<u8>(packed + j - 4) >> 6) << 4);
    const offset = j < 4 ? middle & 63 : (middle >> 4) | ((low >> 6) << 4);
    codesWithMin(x + ((<usize>j) << 7), L + (j << 5), 32, d * <f32>scale, dmin * <f32>offset, nmax, j);
  }
  if (nmax == 15) {
    for (let j: usize = 0, out = target + 16; j < 256; j += 64, out += 32) {
      for (let l: usize = 0; l < 32; l += 16) {
        v128.store(out + l, v128.or(v128.load(L + j + l), i8x16.shl(v128.load(L + j + l + 32), 4)));
      }
    }
    return true;
  }
  const fifteen = i8x16.splat(15);
  for (let l: usize = 0; l < 32; l += 16) {
    let high = i8x16.splat(0);
    for (let j: usize = 0; j < 256; j += 64) {
      const first = v128.load(L + j + l);
      const second = v128.load(L + j + l + 32);
      const shift = <i32>(j >> 5);
      high = v128.or(high, i8x16.shl(i8x16.shr_u(first, 4), shift));
      high = v128.or(high, i8x16.shl(i8x16.shr_u(second, 4), shift + 1));
      v128.store(target + 48 + (j >> 1) + l, v128.or(v128.and(first, fifteen), i8x16.shl(v128.and(second, fifteen), 4)));
    }
    v128.store(target + 16 + l, high);
  }
  return true;
}

function encodeQ2(x: usize, weights: usize, target: usize): bool {
  const sigma2: f32 = weights == 0 ? 0 : sumOfSquares(x) / <f32>256;
  for (let group = 0; group < 4; group++) {
    transpose(x + ((<usize>group) << 8), 64, X, 16);
    if (weights == 0) {
      for (let i = 0; i < 16; i++) v128.store(at(W, i), f32x4.abs(v128.load(at(X, i))));
    } else {
      transpose(weights + ((<usize>group) << 8), 64, U, 16);
      weighByImportance(16, sigma2);
    }
    const slot = (<usize>group) << 4;
    const sound =
      weights == 0 ? searchWithMin(slot, 16, 3, -0.5, 0.1, 15, true) : searchWithMin(slot, 16, 3, -0.9, 0.05, 36, false);
    if (!sound) return false;
  }
  let d: f32;
  let dmin: f32;
  if (weights == 0) {
    const maxScale = largest(SCALES, 16);
    const maxMin = largest(MINS, 16);
    const inverseScale: f32 = maxScale > 0 ? <f32>15 / maxScale : 0;
    const inverseMin: f32 = maxMin > 0 ? <f32>15 / maxMin : 0;
    for (let j = 0; j < 16; j++) {
      const offset = (<usize>j) << 2;
      const ls = maxScale > 0 ? <u8>nearestInt(inverseScale * load<f32>(SCALES + offset)) : 0;
      const lm = maxMin > 0 ? <u8>(nearestInt(inverseMin * load<f32>(MINS + offset)) << 4) : 0;
      store<u8>(target + j, ls | lm);
    }
    d = maxScale > 0 ? maxScale / <f32>15 : 0;
    dmin = maxMin > 0 ? maxMin / <f32>15 : 0;
  } else {
    d = positiveCodes(16, 15, SCALES, LS, WEIGHT_SUMS);
    dmin = positiveCodes(16, 15, MINS, LM, WEIGHT_SUMS);
    for (let j = 0; j < 16; j++) store<u8>(target + j, load<u8>(LS + j) | (load<u8>(LM + j) << 4));
  }
  const half = toHalf(d);
  const halfMin = toHalf(dmin);
  store<u16>(target + 80, half);
  store<u16>(target + 82, halfMin);
  d = fromHalf(half);
  dmin = fromHalf(halfMin);
  for (let j = 0; j < 16; j++) {
    const packed = load<u8>(target + j);
    codesWithMin(x + ((<usize>j) << 6), L + (j << 4), 16, d * <f32>(packed & 15), dmin * <f32>(packed >> 4), 3, j);
  }
  packTwoBits(target + 16);
  return true;
}

/** qs[j/4 + l] = L[j + l] | L[j + l + 32] << 2 | L[j + l + 64] << 4 | L[j + l + 96] << 6 */
function packTwoBits(target: usize): void {
  for (let j: usize = 0; j < 256; j += 128) {
    for (let l: usize = 0; l < 32; l += 16) {
      const p = L + j + l;
      const low = v128.or(v128.load(p), i8x16.shl(v128.load(p + 32), 2));
      const high = v128.or(i8x16.shl(v128.load(p + 64), 4), i8x16.shl(v128.load(p + 96), 6));
      v128.store(target + (j >> 2) + l, v128.or(low, high));
    }
  }
}

/** Codes of one sub-block of 16: nearest(x / d) + nmax, or the search's own where d is 0. */
function symmetricCodes(x: usize, target: usize, d: f32, nmax: i32, j: i32): void {
  const top = i32x4.splat(nmax - 1);
  const bottom = i32x4.splat(-nmax);
  const lift = i32x4.splat(nmax);
  const magic = f32x4.splat(MAGIC);
  const mask = i32x4.splat(0x007fffff);
  const base = i32x4.splat(0x00400000);
  const isZero = d == 0;
  const divisor = f32x4.splat(d);
  const factor = f32x4.splat(load<f32>(FACTORS + ((<usize>j) << 2)));
  if (isZero && load<u32>(OFFSETS + ((<usize>j) << 2)) != 0) {
    v128.store(target, i8x16.splat(0));
    return;
  }
  for (let i: usize = 0; i < 16; i += 4) {
    const value = v128.load(x + (i << 2));
    const exact = isZero ? f32x4.mul(factor, value) : f32x4.div(value, divisor);
    const code = i32x4.sub(v128.and(f32x4.add(exact, magic), mask), base);
    const lifted = i32x4.add(lift, i32x4.max_s(bottom, i32x4.min_s(top, code)));
    const narrow = i16x8.narrow_i32x4_u(lifted, lifted);
    store<u32>(target + i, <u32>i32x4.extract_lane(i8x16.narrow_i16x8_u(narrow, narrow), 0));
  }
}

function encodeQ6(x: usize, weights: usize, target: usize): bool {
  for (let group = 0; group < 4; group++) {
    transpose(x + ((<usize>group) << 8), 64, X, 16);
    if (weights == 0) {
      for (let i = 0; i < 16; i++) {
        const value = v128.load(at(X, i));
        v128.store(at(W, i), f32x4.mul(value, value));
      }
    } else {
      transpose(weights + ((<usize>group) << 8), 64, W, 16);
    }
    if (!searchSymmetric((<usize>group) << 4, 16, 32)) return false;
  }
  let maxScale: f32 = 0;
  let maxSize: f32 = 0;
  for (let j: usize = 0; j < 64; j += 4) {
    const scale = load<f32>(SCALES + j);
    const size = abs(scale);
    if (size > maxSize) {
      maxSize = size;
      maxScale = scale;
    }
  }
  if (maxSize < GROUP_MAX_EPS) {
    memory.fill(target, 0, 210);
    return true;
  }
  const inverse: f32 = <f32>-128 / maxScale;
  const half = toHalf(<f32>1 / inverse);
  store<u16>(target + 208, half);
  const d = fromHalf(half);
  for (let j = 0; j < 16; j++) {
    const scale = min<i32>(127, nearestInt(inverse * load<f32>(SCALES + ((<usize>j) << 2))));
    store<i8>(target + 192 + j, <i8>scale);
    symmetricCodes(x + ((<usize>j) << 6), L + (j << 4), d * <f32>load<i8>(target + 192 + j), 32, j);
  }
  const fifteen = i8x16.splat(15);
  for (let j: usize = 0; j < 256; j += 128) {
    for (let l: usize = 0; l < 32; l += 16) {
      const p = L + j + l;
      const first = v128.load(p);
      const second = v128.load(p + 32);
      const third = v128.load(p + 64);
      const fourth = v128.load(p + 96);
      const low = target + (j >> 1) + l;
      v128.store(low, v128.or(v128.and(first, fifteen), i8x16.shl(third, 4)));
      v128.store(low + 32, v128.or(v128.and(second, fifteen), i8x16.shl(fourth, 4)));
      const high = v128.or(i8x16.shr_u(first, 4), i8x16.shl(i8x16.shr_u(second, 4), 2));
      const higher = v128.or(i8x16.shl(i8x16.shr_u(third, 4), 4), i8x16.shl(i8x16.shr_u(fourth, 4), 6));
      v128.store(target + 128 + (j >> 2) + l, v128.or(high, higher));
    }
  }
  return true;
}

/** Without importance, libggml refines the codes of each sub-block one by one instead of trying factors. */
function encodeQ3(x: usize, weights: usize, target: usize): bool {
  const half = weights == 0 ? scalesOfRefined(x) : scalesOfWeighted(x, weights);
  if (half < 0) return false;
  return packQ3(x, target, <u16>half, weights != 0);
}

/** Codes of the scales into LS, of the weights into L; gives d as half precision, or -1 for values that libggml has to encode. */
function scalesOfRefined(x: usize): i32 {
  if (!searchRefined(x, L)) return -1;
  let maxScale: f32 = 0;
  let maxSize: f32 = 0;
  for (let j: usize = 0; j < 64; j += 4) {
    const scale = load<f32>(SCALES + j);
    if (abs(scale) > maxSize) {
      maxSize = abs(scale);
      maxScale = scale;
    }
  }
  if (maxScale == 0) {
    memory.fill(LS, 0, 16);
    return 0;
  }
  const inverse: f32 = <f32>-32 / maxScale;
  for (let j: usize = 0; j < 16; j++) {
    const code = nearestInt(inverse * load<f32>(SCALES + (j << 2)));
    store<u8>(LS + j, <u8>(max_i32(-32, min<i32>(31, code)) + 32));
  }
  const half = toHalf(<f32>1 / inverse);
  // An infinite scale times 0 is no number, which threeBits does not round as libggml does.
  return (half & 0x7fff) < 0x7c00 ? half : -1;
}

/** Codes of the scales into LS; gives d as half precision, or -1 for values that libggml has to encode. */
function scalesOfWeighted(x: usize, weights: usize): i32 {
  const sigma2: f32 = (<f32>2 * sumOfSquares(x)) / <f32>256;
  for (let group = 0; group < 4; group++) {
    transpose(x + ((<usize>group) << 8), 64, X, 16);
    transpose(weights + ((<usize>group) << 8), 64, U, 16);
    weighByImportance(16, sigma2);
    if (!searchSymmetric((<usize>group) << 4, 16, 4)) return -1;
  }
  return toHalf(scaleCodes(32, SCALES, LS, WEIGHT_SUMS));
}

/**
 * Codes of one refined sub-block of 16: nearest(x / d) + 4. Its scale is at least a 22nd of its largest value, for refining
 * only raises slx² / sl2, so that no quotient leaves the range in which every way of rounding is the same.
 */
@inline
function threeBits(x: usize, target: usize, d: f32): void {
  const divisor = f32x4.splat(d);
  const ab = i16x8.narrow_i32x4_u(threeBitsOf(x, divisor), threeBitsOf(x + 16, divisor));
  const cd = i16x8.narrow_i32x4_u(threeBitsOf(x + 32, divisor), threeBitsOf(x + 48, divisor));
  v128.store(target, i8x16.narrow_i16x8_u(ab, cd));
}

@inline
function threeBitsOf(x: usize, divisor: v128): v128 {
  const code = f32x4.nearest(f32x4.div(v128.load(x), divisor));
  const kept = f32x4.pmax(f32x4.splat(-4), f32x4.pmin(f32x4.splat(3), code));
  return v128.and(f32x4.add(kept, f32x4.splat(MAGIC + <f32>4)), i32x4.splat(7));
}

function packQ3(x: usize, target: usize, half: u16, hasFactors: bool): bool {
  const packed = target + 96;
  // Four bits of each scale's code in eight bytes, the two above them in four more.
  const fours: u64 = 0x0f0f0f0f0f0f0f0f;
  const twos: u32 = 0x03030303;
  store<u64>(packed, (load<u64>(LS) & fours) | ((load<u64>(LS + 8) & fours) << 4));
  const low = ((load<u32>(LS) >> 4) & twos) | (((load<u32>(LS + 4) >> 4) & twos) << 2);
  const high = ((load<u32>(LS + 8) >> 4) & twos) | (((load<u32>(LS + 12) >> 4) & twos) << 2);
  store<u32>(packed + 8, low | (high << 4));
  store<u16>(target + 108, half);
  const d = fromHalf(half);
  for (let j = 0; j < 16; j++) {
    const divisor = d * <f32>(<i32>load<u8>(LS + j) - 32);
    // A scale that rounds to zero leaves the codes of the search.
    if (hasFactors) symmetricCodes(x + ((<usize>j) << 6), L + (j << 4), divisor, 4, j);
    else if (divisor != 0) threeBits(x + ((<usize>j) << 6), L + (j << 4), divisor);
  }
  const four = i8x16.splat(4);
  for (let m: usize = 0; m < 32; m += 16) {
    let mask = i8x16.splat(0);
    for (let bit: usize = 0; bit < 8; bit++) {
      const p = L + (bit << 5) + m;
      const codes = v128.load(p);
      mask = v128.or(mask, i8x16.shl(i8x16.shr_u(v128.and(codes, four), 2), <i32>bit));
      v128.store(p, v128.andnot(codes, four));
    }
    v128.store(target + m, mask);
  }
  packTwoBits(target + 32);
  return true;
}
