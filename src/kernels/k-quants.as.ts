// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// Encodes rows as Q2_K, Q3_K, Q4_K, Q5_K and Q6_K, bit for bit as libggml's scalar code for x64 does (ggml-quants.c of
// llama.cpp v0.5.0; names below are its). The searches for scales run on four sub-blocks at once, one per SIMD lane: every
// lane adds in the scalar code's order, so no result changes. What could leave the range in which both agree (values
// that are extremely small or large) is not encoded but reported, and left to libggml.

/** Of four sub-blocks: transposed values, weights, importance or precomputed products, codes; 32 vectors each. */
const X = memory.data(32 * 16, 16);
const W = memory.data(32 * 16, 16);
const U = memory.data(32 * 16, 16);
const CODES = memory.data(32 * 16, 16);
/** Per sub-block of a super-block (at most 16): results of the searches. */
const SCALES = memory.data(64, 16);
const MINS = memory.data(64, 16);
const WEIGHT_SUMS = memory.data(64, 16);
/** The factor and the offset with which the best codes were found, for sub-blocks whose scale rounds to zero. */
const FACTORS = memory.data(64, 16);
const OFFSETS = memory.data(64, 16);
const LS = memory.data(16, 16);
const LM = memory.data(16, 16);
/** One code per weight of a super-block. */
const L = memory.data(256, 16);

const MAGIC: f32 = 12582912;
const GROUP_MAX_EPS: f32 = 1e-15;
/** Ranges of values (or their differences) within which rounding cannot leave 22 bits. */
const LEAST: f32 = 1e-25;
const MOST: f32 = 1e12;

const Q2_K = 10;
const Q3_K = 11;
const Q4_K = 12;
const Q5_K = 13;

/** Where the caller may put its data: everything below belongs to this module. */
export function freeMemory(): usize {
  return __heap_base;
}

/**
 * Encodes rows × blocks super-blocks of 256 values.
 * x: f32 (rows, blocks × 256); weights: f32 (blocks × 256) or 0; target: encoded blocks; refused: u32 list, overwritten.
 * Returns how many super-blocks it left alone; their indices are in `refused`.
 */
export function encode(
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

@inline function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 4);
}

@inline function abs(value: f32): f32 {
  return reinterpret<f32>(reinterpret<u32>(value) & 0x7fffffff);
}

/** nearest_int: valid up to 2^22. */
@inline function nearestInt(value: f32): i32 {
  return (reinterpret<i32>(value + MAGIC) & 0x007fffff) - 0x00400000;
}

/** ggml_compute_fp32_to_fp16. */
function toHalf(value: f32): u16 {
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
function fromHalf(half: u16): f32 {
  const bits = (<u32>half) << 16;
  const doubled = bits + bits;
  const normal = reinterpret<f32>((doubled >> 4) + 0x70000000) * reinterpret<f32>(0x07800000);
  const tiny = reinterpret<f32>((doubled >> 17) | 0x3f000000) - <f32>0.5;
  const magnitude = doubled < 0x08000000 ? tiny : normal;
  return reinterpret<f32>((bits & 0x80000000) | reinterpret<u32>(magnitude));
}

/** Four runs of `count` floats, `stride` bytes apart, to vectors of one float of each. */
function transpose(source: usize, stride: usize, target: usize, count: i32): void {
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
function sumOfSquares(x: usize): f32 {
  let sum: f32 = 0;
  for (let i: usize = 0; i < 1024; i += 4) {
    const value = load<f32>(x + i);
    sum += value * value;
  }
  return sum;
}

/** W = qw * sqrt(sigma2 + x²), `qw` transposed in U. */
function weighByImportance(count: i32, sigma2: f32): void {
  const sigma = f32x4.splat(sigma2);
  for (let i = 0; i < count; i++) {
    const value = v128.load(at(X, i));
    const root = f32x4.sqrt(f32x4.add(sigma, f32x4.mul(value, value)));
    v128.store(at(W, i), f32x4.mul(v128.load(at(U, i)), root));
  }
}

@inline function isBetween(range: v128): v128 {
  return v128.and(f32x4.ge(range, f32x4.splat(LEAST)), f32x4.le(range, f32x4.splat(MOST)));
}

/**
 * make_qkx2_quants and make_qkx3_quants for the four sub-blocks in X with the weights in W; results at `slot` of SCALES and
 * so on. False when a lane's range is one where rounding could differ.
 */
function searchWithMin(
  slot: usize,
  count: i32,
  nmax: f32,
  rmin: f32,
  rdelta: f32,
  steps: i32,
  useMad: bool,
): bool {
  const zero = f32x4.splat(0);
  const most = f32x4.splat(nmax);
  const end = at(X, count);
  const toW = W - X;
  const toCodes = CODES - X;
  let min = v128.load(X);
  let max = min;
  let sumW = v128.load(W);
  let sumX = f32x4.mul(sumW, min);
  for (let p = X + 16; p < end; p += 16) {
    const x = v128.load(p);
    const w = v128.load(p + toW);
    min = f32x4.pmin(min, x);
    max = f32x4.pmax(max, x);
    sumW = f32x4.add(sumW, w);
    sumX = f32x4.add(sumX, f32x4.mul(w, x));
  }
  const lowest = min;
  min = v128.bitselect(zero, min, f32x4.gt(min, zero));
  let range = f32x4.sub(max, min);
  const flat = f32x4.eq(max, min);
  let sound = isBetween(range);
  if (!v128.all_true<i32>(v128.or(flat, sound))) return false;
  let bestMin = min;
  let factor = f32x4.div(most, range);
  let scale = f32x4.div(f32x4.splat(1), factor);
  let bestFactor = factor;
  let best = zero;
  const absolute = i32x4.splat(0x7fffffff);
  for (let p = X; p < end; p += 16) {
    const x = v128.load(p);
    const code = f32x4.pmin(most, f32x4.pmax(zero, f32x4.nearest(f32x4.mul(factor, f32x4.sub(x, min)))));
    const difference = f32x4.sub(f32x4.add(f32x4.mul(scale, code), min), x);
    const error = useMad ? v128.and(difference, absolute) : f32x4.mul(difference, difference);
    best = f32x4.add(best, f32x4.mul(v128.load(p + toW), error));
  }
  for (let step = 0; step <= steps; step++) {
    // The minimum found so far is the next step's, as in the scalar code.
    range = f32x4.sub(max, min);
    factor = f32x4.div(f32x4.splat(rmin + rdelta * <f32>step + nmax), range);
    // It may lie far above values whose weight is 0: their codes then leave the 22 bits that nearest_int has.
    const farthest = f32x4.ge(f32x4.mul(factor, f32x4.sub(lowest, min)), f32x4.splat(-4194303));
    sound = v128.and(sound, v128.and(isBetween(range), farthest));
    let sumL = zero;
    let sumL2 = zero;
    let sumXL = zero;
    for (let p = X; p < end; p += 16) {
      const x = v128.load(p);
      const code = f32x4.pmin(most, f32x4.pmax(zero, f32x4.nearest(f32x4.mul(factor, f32x4.sub(x, min)))));
      v128.store(p + toCodes, code);
      const weighted = f32x4.mul(v128.load(p + toW), code);
      sumL = f32x4.add(sumL, weighted);
      sumL2 = f32x4.add(sumL2, f32x4.mul(weighted, code));
      sumXL = f32x4.add(sumXL, f32x4.mul(weighted, x));
    }
    const D = f32x4.sub(f32x4.mul(sumW, sumL2), f32x4.mul(sumL, sumL));
    let thisScale = f32x4.div(f32x4.sub(f32x4.mul(sumW, sumXL), f32x4.mul(sumX, sumL)), D);
    let thisMin = f32x4.div(f32x4.sub(f32x4.mul(sumL2, sumX), f32x4.mul(sumL, sumXL)), D);
    const positive = f32x4.gt(thisMin, zero);
    thisMin = v128.bitselect(zero, thisMin, positive);
    thisScale = v128.bitselect(f32x4.div(sumXL, sumL2), thisScale, positive);
    let error = zero;
    if (useMad) {
      for (let p = X; p < end; p += 16) {
        const difference = f32x4.sub(f32x4.add(f32x4.mul(thisScale, v128.load(p + toCodes)), thisMin), v128.load(p));
        error = f32x4.add(error, f32x4.mul(v128.load(p + toW), v128.and(difference, absolute)));
      }
    } else {
      for (let p = X; p < end; p += 16) {
        const difference = f32x4.sub(f32x4.add(f32x4.mul(thisScale, v128.load(p + toCodes)), thisMin), v128.load(p));
        error = f32x4.add(error, f32x4.mul(v128.load(p + toW), f32x4.mul(difference, difference)));
      }
    }
    const better = v128.and(f32x4.gt(D, zero), f32x4.lt(error, best));
    best = v128.bitselect(error, best, better);
    scale = v128.bitselect(thisScale, scale, better);
    bestMin = v128.bitselect(min, bestMin, better);
    bestFactor = v128.bitselect(factor, bestFactor, better);
    min = v128.bitselect(thisMin, min, better);
  }
  if (!v128.all_true<i32>(v128.or(flat, sound))) return false;
  v128.store(SCALES + slot, v128.andnot(scale, flat));
  v128.store(MINS + slot, f32x4.neg(min));
  v128.store(WEIGHT_SUMS + slot, sumW);
  // A factor of 0 gives the codes of flat sub-blocks: all 0.
  v128.store(FACTORS + slot, v128.andnot(bestFactor, flat));
  v128.store(OFFSETS + slot, bestMin);
  return true;
}

/** make_qp_quants: non-negative values to codes, codes at `target`; gives the scale. `count` is 8 or 16. */
function positiveCodes(count: i32, nmax: i32, x: usize, target: usize, weights: usize): f32 {
  let max: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(x + ((<usize>i) << 2));
    max = max > value ? max : value;
  }
  if (max < GROUP_MAX_EPS) {
    memory.fill(target, 0, count);
    return 0;
  }
  let factor: f32 = <f32>nmax / max;
  for (let i = 0; i < count; i++) store<u8>(target + i, <u8>nearestInt(factor * load<f32>(x + ((<usize>i) << 2))));
  const firstScale: f32 = <f32>1 / factor;
  let best: f32 = 0;
  for (let i = 0; i < count; i++) {
    const offset = (<usize>i) << 2;
    const difference: f32 = load<f32>(x + offset) - firstScale * <f32>load<u8>(target + i);
    best += load<f32>(weights + offset) * difference * difference;
  }
  for (let step = -4; step <= 4; step++) {
    if (step == 0) continue;
    const thisFactor: f32 = (<f32>0.1 * <f32>step + <f32>nmax) / max;
    const thisScale: f32 = <f32>1 / thisFactor;
    let error: f32 = 0;
    for (let i = 0; i < count; i++) {
      const offset = (<usize>i) << 2;
      const value = load<f32>(x + offset);
      const code = min<i32>(nmax, nearestInt(thisFactor * value));
      const difference: f32 = value - thisScale * <f32>code;
      error += load<f32>(weights + offset) * difference * difference;
    }
    if (error < best) {
      best = error;
      factor = thisFactor;
    }
  }
  let sumLX: f32 = 0;
  let sumL2: f32 = 0;
  for (let i = 0; i < count; i++) {
    const offset = (<usize>i) << 2;
    const value = load<f32>(x + offset);
    const w = load<f32>(weights + offset);
    const code = min<i32>(nmax, nearestInt(factor * value));
    store<u8>(target + i, <u8>code);
    sumLX += w * value * <f32>code;
    sumL2 += w * <f32>code * <f32>code;
  }
  for (let attempt = 0; attempt < 5; attempt++) {
    let changed = 0;
    for (let i = 0; i < count; i++) {
      const offset = (<usize>i) << 2;
      const value = load<f32>(x + offset);
      const w = load<f32>(weights + offset);
      const old = <i32>load<u8>(target + i);
      let withoutLX: f32 = sumLX - w * value * <f32>old;
      let withoutL2: f32 = sumL2 - w * <f32>old * <f32>old;
      if (!(withoutLX > 0 && withoutL2 > 0)) continue;
      const code = min<i32>(nmax, nearestInt((value * withoutL2) / withoutLX));
      if (code == old) continue;
      withoutLX += w * value * <f32>code;
      withoutL2 += w * <f32>code * <f32>code;
      if (withoutLX * withoutLX * sumL2 > sumLX * sumLX * withoutL2) {
        store<u8>(target + i, <u8>code);
        sumLX = withoutLX;
        sumL2 = withoutL2;
        changed++;
      }
    }
    if (changed == 0) break;
  }
  return sumL2 > 0 ? sumLX / sumL2 : 0;
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

/** make_qx_quants with rmse_type 1 for the four sub-blocks of 16 in X with the weights in W. */
function searchSymmetric(slot: usize, nmax: f32): bool {
  const zero = f32x4.splat(0);
  const top = f32x4.splat(nmax - 1);
  const bottom = f32x4.splat(-nmax);
  const end = at(X, 16);
  const toW = W - X;
  const toU = U - X;
  let max = zero;
  let amax = zero;
  let sumW = zero;
  for (let p = X; p < end; p += 16) {
    const x = v128.load(p);
    const w = v128.load(p + toW);
    const size = f32x4.abs(x);
    const larger = f32x4.gt(size, amax);
    amax = v128.bitselect(size, amax, larger);
    max = v128.bitselect(x, max, larger);
    sumW = f32x4.add(sumW, w);
    v128.store(p + toU, f32x4.mul(w, x));
  }
  const empty = f32x4.lt(amax, f32x4.splat(GROUP_MAX_EPS));
  if (!v128.all_true<i32>(f32x4.le(amax, f32x4.splat(MOST)))) return false;
  // max is negated as the scalar code negates the numerator.
  let factor = f32x4.div(bottom, max);
  let sumLX = zero;
  let sumL2 = zero;
  for (let p = X; p < end; p += 16) {
    const code = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, v128.load(p)))));
    sumLX = f32x4.add(sumLX, f32x4.mul(v128.load(p + toU), code));
    sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(v128.load(p + toW), code), code));
  }
  let scale = v128.bitselect(f32x4.div(sumLX, sumL2), zero, f32x4.ne(sumL2, zero));
  let best = f32x4.mul(scale, sumLX);
  let bestFactor = factor;
  for (let step = -9; step <= 9; step++) {
    if (step == 0) continue;
    factor = f32x4.div(f32x4.splat(-(nmax + <f32>0.1 * <f32>step)), max);
    sumLX = zero;
    sumL2 = zero;
    for (let p = X; p < end; p += 16) {
      const code = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, v128.load(p)))));
      sumLX = f32x4.add(sumLX, f32x4.mul(v128.load(p + toU), code));
      sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(v128.load(p + toW), code), code));
    }
    const better = v128.and(f32x4.gt(sumL2, zero), f32x4.gt(f32x4.mul(sumLX, sumLX), f32x4.mul(best, sumL2)));
    scale = v128.bitselect(f32x4.div(sumLX, sumL2), scale, better);
    best = v128.bitselect(f32x4.mul(scale, sumLX), best, better);
    bestFactor = v128.bitselect(factor, bestFactor, better);
  }
  v128.store(SCALES + slot, v128.andnot(scale, empty));
  v128.store(WEIGHT_SUMS + slot, sumW);
  v128.store(FACTORS + slot, v128.andnot(bestFactor, empty));
  // Codes of empty sub-blocks are 0, not the code of the value 0.
  v128.store(OFFSETS + slot, empty);
  return true;
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
    if (!searchSymmetric((<usize>group) << 4, 32)) return false;
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

/** make_qx_quants with rmse_type 1 for 16 scales; codes at `target`; gives the scale. */
function scaleCodes(nmax: i32, x: usize, target: usize, weights: usize): f32 {
  let max: f32 = 0;
  let amax: f32 = 0;
  for (let i: usize = 0; i < 64; i += 4) {
    const value = load<f32>(x + i);
    if (abs(value) > amax) {
      amax = abs(value);
      max = value;
    }
  }
  if (amax < GROUP_MAX_EPS) {
    memory.fill(target, 0, 16);
    return 0;
  }
  let scale: f32 = 0;
  let best: f32 = 0;
  for (let step = -10; step <= 9; step++) {
    // The plain factor first, then the 18 others.
    if (step == 0) continue;
    const isFirst = step == -10;
    const factor: f32 = isFirst ? <f32>-nmax / max : -(<f32>nmax + <f32>0.1 * <f32>step) / max;
    let sumLX: f32 = 0;
    let sumL2: f32 = 0;
    for (let i: usize = 0; i < 64; i += 4) {
      const value = load<f32>(x + i);
      const w = load<f32>(weights + i);
      const code = <f32>max_i32(-nmax, min<i32>(nmax - 1, nearestInt(factor * value)));
      sumLX += w * value * code;
      sumL2 += w * code * code;
    }
    if (isFirst) {
      scale = sumL2 != 0 ? sumLX / sumL2 : 0;
      best = scale * sumLX;
    } else {
      if (!(sumL2 > 0 && sumLX * sumLX > best * sumL2)) continue;
      scale = sumLX / sumL2;
      best = scale * sumLX;
    }
    for (let i: usize = 0; i < 16; i++) {
      const code = nearestInt(factor * load<f32>(x + (i << 2)));
      store<u8>(target + i, <u8>(nmax + max_i32(-nmax, min<i32>(nmax - 1, code))));
    }
  }
  return scale;
}

@inline function max_i32(a: i32, b: i32): i32 {
  return a > b ? a : b;
}

/** With importance only: without it libggml searches in another way, which is fast enough. */
function encodeQ3(x: usize, weights: usize, target: usize): bool {
  if (weights == 0) return false;
  const sigma2: f32 = (<f32>2 * sumOfSquares(x)) / <f32>256;
  for (let group = 0; group < 4; group++) {
    transpose(x + ((<usize>group) << 8), 64, X, 16);
    transpose(weights + ((<usize>group) << 8), 64, U, 16);
    weighByImportance(16, sigma2);
    if (!searchSymmetric((<usize>group) << 4, 4)) return false;
  }
  const half = toHalf(scaleCodes(32, SCALES, LS, WEIGHT_SUMS));
  const packed = target + 96;
  memory.fill(packed, 0, 12);
  for (let j = 0; j < 16; j++) {
    const code = <u8>load<i8>(LS + j);
    const low = code & 15;
    if (j < 8) store<u8>(packed + j, low);
    else store<u8>(packed + j - 8, load<u8>(packed + j - 8) | (low << 4));
    const high = packed + 8 + (j & 3);
    store<u8>(high, load<u8>(high) | ((code >> 4) << <u8>(2 * (j >> 2))));
  }
  store<u16>(target + 108, half);
  const d = fromHalf(half);
  for (let j = 0; j < 16; j++) {
    let code: i32 = j < 8 ? load<u8>(packed + j) & 15 : load<u8>(packed + j - 8) >> 4;
    code = (code | (((load<u8>(packed + 8 + (j & 3)) >> (2 * (j >> 2))) & 3) << 4)) - 32;
    symmetricCodes(x + ((<usize>j) << 6), L + (j << 4), d * <f32>code, 4, j);
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
