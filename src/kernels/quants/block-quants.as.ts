// AssemblyScript. Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and IQ4_NL: blocks of 32 weights, four at once; and IQ4_XS, super-blocks of eight
// such blocks under one scale. Bit for bit as quantize_row_* and quantize_row_iq4_nl_impl of ggml-quants.c (v0.5.0, x64).
import { searchSymmetric, searchWithMin } from './searches.as';
import {
  abs,
  at,
  CODES,
  FACTORS,
  GROUP_MAX_EPS,
  MINS,
  nearestInt,
  OFFSETS,
  SCALES,
  storeBytes,
  sumOfSquares,
  toHalf,
  transpose,
  U,
  W,
  weighByImportance,
  X,
} from './vectors.as';

export const Q4_0 = 2;
export const Q4_1 = 3;
export const Q5_0 = 6;
export const Q5_1 = 7;
export const Q8_0 = 8;
export const IQ4_NL = 20;

/** Scales within which no intermediate value is subnormal or infinite, so that conversions to integers agree. */
const SMALLEST: f32 = 1e-30;
const LARGEST: f32 = 1e30;

/** kvalues_iq4nl. */
export const VALUES = memory.data<i8>([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], 16);
/** Twice the middles between them: x belongs to the value behind the last one that is not above 2x. */
const MIDDLES = memory.data<i16>([-231, -187, -148, -114, -84, -57, -32, -9, 14, 38, 63, 91, 122, 158, 202], 16);

function blockBytes(type: i32): usize {
  return type == Q4_0 || type == IQ4_NL ? 18 : type == Q4_1 ? 20 : type == Q5_0 ? 22 : type == Q5_1 ? 24 : 34;
}

/**
 * Encodes rows × blocks blocks of 32 values.
 * x: f32 (rows, blocks × 32); weights: f32 (blocks × 32) or 0; target: encoded blocks; refused: u32 list, overwritten.
 * Returns how many blocks it left alone; their indices are in `refused`. A row (without weights: all rows together) of fewer
 * than four blocks is left alone.
 */
export function encodeBlocks(
  type: i32,
  x: usize,
  weights: usize,
  target: usize,
  rows: i32,
  blocks: i32,
  refused: usize,
): i32 {
  // Without weights no block depends on its row.
  const runs = weights == 0 ? 1 : rows;
  const length = weights == 0 ? rows * blocks : blocks;
  const size = blockBytes(type);
  let left = 0;
  for (let run = 0; run < runs; run++) {
    const first = run * length;
    const isWeighedByRow = weights != 0 && type != Q8_0 && type != IQ4_NL;
    const sigma2: f32 = isWeighedByRow ? meanOfSquares(x + ((<usize>first) << 7), length << 5) : 0;
    for (let block = 0; block < length; block += 4) {
      // The last four may overlap those before them: they come out the same again.
      const start = length < 4 ? 0 : min<i32>(block, length - 4);
      const index = first + start;
      const done =
        length >= 4 &&
        encodeFour(
          type,
          x + ((<usize>index) << 7),
          weights == 0 ? 0 : weights + ((<usize>start) << 7),
          target + <usize>index * size,
          size,
          sigma2,
        );
      if (done) continue;
      for (let one = block; one < min<i32>(block + 4, length); one++) {
        store<u32>(refused + ((<usize>left) << 2), first + one);
        left++;
      }
    }
  }
  return left;
}

/** The mean square of a row, summed in order. */
function meanOfSquares(x: usize, count: i32): f32 {
  let sum: f32 = 0;
  for (let p = x; p < x + ((<usize>count) << 2); p += 4) {
    const value = load<f32>(p);
    sum += value * value;
  }
  return sum / <f32>count;
}

function encodeFour(type: i32, x: usize, weights: usize, target: usize, size: usize, sigma2: f32): bool {
  transpose(x, 128, X, 32);
  if (type == Q8_0) return encodeQ8(target, size);
  if (type == IQ4_NL) {
    weighNonlinear(weights, true, 0);
    searchNonlinear(0);
    return storeNonlinear(target, size);
  }
  const nmax = type == Q4_0 || type == Q4_1 ? 15 : 31;
  const isSymmetric = type == Q4_0 || type == Q5_0;
  if (weights == 0) {
    if (!(isSymmetric ? symmetricFromLargest(nmax) : fromRange(nmax))) return false;
  } else {
    transpose(weights, 128, U, 32);
    weighByImportance(32, sigma2);
    const half = (nmax + 1) >> 1;
    if (isSymmetric) {
      if (!searchSymmetric(0, 32, <f32>half)) return false;
      codesFromFactors(<f32>half);
    } else {
      if (!searchWithMin(0, 32, <f32>nmax, -0.9, 0.05, 36, false)) return false;
      codesFromOffsets(<f32>nmax);
      // The search gives the offset to be subtracted, the block holds the minimum.
      v128.store(MINS, f32x4.neg(v128.load(MINS)));
    }
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    const block = target + lane * size;
    store<u16>(block, toHalf(load<f32>(SCALES + (lane << 2))));
    if (!isSymmetric) store<u16>(block + 2, toHalf(load<f32>(MINS + (lane << 2))));
  }
  const head: usize = isSymmetric ? 2 : 4;
  if (nmax == 31) storeHighBits(target + head, size);
  storeNibbles(target + head + (nmax == 31 ? 4 : 0), size);
  return true;
}

/** Lanes in which `scale` is 0 or so far from both ends that its inverse is as exact as libggml's. */
@inline
function isUsual(scale: v128): v128 {
  const magnitude = f32x4.abs(scale);
  const inside = v128.and(f32x4.ge(magnitude, f32x4.splat(SMALLEST)), f32x4.le(magnitude, f32x4.splat(LARGEST)));
  return v128.or(inside, f32x4.eq(scale, f32x4.splat(0)));
}

/** 1 / scale, 0 for 0. */
@inline
function inverseOf(scale: v128): v128 {
  return v128.and(f32x4.div(f32x4.splat(1), scale), f32x4.ne(scale, f32x4.splat(0)));
}

/** quantize_row_q4_0_ref, quantize_row_q5_0_ref: the value of the largest magnitude becomes the lowest code. */
function symmetricFromLargest(nmax: i32): bool {
  let max = f32x4.splat(0);
  let amax = max;
  for (let p = X; p < at(X, 32); p += 16) {
    const value = v128.load(p);
    const size = f32x4.abs(value);
    const larger = f32x4.lt(amax, size);
    amax = v128.bitselect(size, amax, larger);
    max = v128.bitselect(value, max, larger);
  }
  const half: f32 = <f32>((nmax + 1) >> 1);
  const d = f32x4.div(max, f32x4.splat(-half));
  if (!v128.all_true<i32>(isUsual(d))) return false;
  const inverse = inverseOf(d);
  const lift = f32x4.splat(half + <f32>0.5);
  const top = i32x4.splat(nmax);
  for (let p = X; p < at(X, 32); p += 16) {
    const code = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(v128.load(p), inverse), lift));
    v128.store(p + (CODES - X), i32x4.min_s(top, code));
  }
  v128.store(SCALES, d);
  return true;
}

/** quantize_row_q4_1_ref, quantize_row_q5_1_ref: codes from the minimum to the maximum. */
function fromRange(nmax: i32): bool {
  let min = v128.load(X);
  let max = min;
  for (let p = X + 16; p < at(X, 32); p += 16) {
    const value = v128.load(p);
    min = f32x4.pmin(min, value);
    max = f32x4.pmax(max, value);
  }
  const d = f32x4.div(f32x4.sub(max, min), f32x4.splat(<f32>nmax));
  if (!v128.all_true<i32>(isUsual(d))) return false;
  const inverse = inverseOf(d);
  const top = i32x4.splat(nmax);
  const lift = f32x4.splat(0.5);
  for (let p = X; p < at(X, 32); p += 16) {
    const scaled = f32x4.mul(f32x4.sub(v128.load(p), min), inverse);
    v128.store(p + (CODES - X), i32x4.min_s(top, i32x4.trunc_sat_f32x4_s(f32x4.add(scaled, lift))));
  }
  v128.store(SCALES, d);
  v128.store(MINS, min);
  return true;
}

/** The codes of searchSymmetric: nearest(factor × x) + nmax, 0 in empty blocks. */
function codesFromFactors(nmax: f32): void {
  const factor = v128.load(FACTORS);
  const empty = v128.load(OFFSETS);
  const lift = i32x4.splat(<i32>nmax);
  const top = f32x4.splat(nmax - 1);
  const bottom = f32x4.splat(-nmax);
  for (let p = X; p < at(X, 32); p += 16) {
    const code = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, v128.load(p)))));
    const lifted = i32x4.add(lift, i32x4.trunc_sat_f32x4_s(code));
    v128.store(p + (CODES - X), v128.andnot(lifted, empty));
  }
}

/** The codes of searchWithMin: nearest(factor × (x - offset)), 0 in flat blocks (whose factor is 0). */
function codesFromOffsets(nmax: f32): void {
  const factor = v128.load(FACTORS);
  const offset = v128.load(OFFSETS);
  const zero = f32x4.splat(0);
  const top = f32x4.splat(nmax);
  for (let p = X; p < at(X, 32); p += 16) {
    const scaled = f32x4.mul(factor, f32x4.sub(v128.load(p), offset));
    const code = f32x4.pmin(top, f32x4.pmax(zero, f32x4.nearest(scaled)));
    v128.store(p + (CODES - X), i32x4.trunc_sat_f32x4_s(code));
  }
}

/** qh: the fifth bit of code j is bit j. */
function storeHighBits(target: usize, size: usize): void {
  let bits = i32x4.splat(0);
  const one = i32x4.splat(1);
  for (let j = 0; j < 32; j++) {
    const bit = v128.and(i32x4.shr_u(v128.load(at(CODES, j)), 4), one);
    bits = v128.or(bits, i32x4.shl(bit, j));
  }
  v128.store_lane<i32>(target, bits, 0);
  v128.store_lane<i32>(target + size, bits, 1);
  v128.store_lane<i32>(target + size * 2, bits, 2);
  v128.store_lane<i32>(target + size * 3, bits, 3);
}

/** qs[j] = the low four bits of code j, and of code j + 16 above them. Overwrites CODES. */
function storeNibbles(target: usize, stride: usize): void {
  const fifteen = i32x4.splat(15);
  for (let j = 0; j < 16; j++) {
    const low = v128.and(v128.load(at(CODES, j)), fifteen);
    const high = v128.and(v128.load(at(CODES, j + 16)), fifteen);
    v128.store(at(CODES, j), v128.or(low, i32x4.shl(high, 4)));
  }
  storeBytes(CODES, target, stride, 16);
}

/** quantize_row_q8_0_ref. */
function encodeQ8(target: usize, size: usize): bool {
  let amax = f32x4.splat(0);
  for (let p = X; p < at(X, 32); p += 16) amax = f32x4.pmax(amax, f32x4.abs(v128.load(p)));
  const d = f32x4.div(amax, f32x4.splat(127));
  if (!v128.all_true<i32>(isUsual(d))) return false;
  const inverse = inverseOf(d);
  const byte = i32x4.splat(255);
  for (let p = X; p < at(X, 32); p += 16) {
    v128.store(p + (CODES - X), v128.and(roundAway(f32x4.mul(v128.load(p), inverse)), byte));
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    v128.store(SCALES, d);
    store<u16>(target + lane * size, toHalf(load<f32>(SCALES + (lane << 2))));
  }
  storeBytes(CODES, target + 2, size, 32);
  return true;
}

/** roundf: halves away from zero. Adding 0.5 first would round the largest float below 0.5 up. */
@inline
function roundAway(value: v128): v128 {
  const whole = f32x4.trunc(value);
  const rest = f32x4.abs(f32x4.sub(value, whole));
  const isUp = f32x4.ge(rest, f32x4.splat(0.5));
  const sign = v128.or(i32x4.shr_s(value, 31), i32x4.splat(1));
  return i32x4.add(i32x4.trunc_sat_f32x4_s(whole), v128.and(sign, isUp));
}

/** Weights of the search: by importance and `sigma2` (`isOwn`: that of each block), or the squares. */
function weighNonlinear(weights: usize, isOwn: bool, sigma2: f32): void {
  if (weights == 0) {
    for (let p = X; p < at(X, 32); p += 16) {
      const value = v128.load(p);
      v128.store(p + (W - X), f32x4.mul(value, value));
    }
    return;
  }
  transpose(weights, 128, U, 32);
  if (!isOwn) {
    weighByImportance(32, sigma2);
    return;
  }
  let squares = f32x4.splat(0);
  for (let p = X; p < at(X, 32); p += 16) {
    const value = v128.load(p);
    squares = f32x4.add(squares, f32x4.mul(value, value));
  }
  const own = f32x4.mul(squares, f32x4.splat(<f32>2 / <f32>32));
  for (let p = X; p < at(X, 32); p += 16) {
    const value = v128.load(p);
    const root = f32x4.sqrt(f32x4.add(own, f32x4.mul(value, value)));
    v128.store(p + (W - X), f32x4.mul(v128.load(p + (U - X)), root));
  }
}

/** best_index_int8 of 16 values (four vectors at `p`, times `factor`), one byte each. */
@inline
function nonlinearCodes(p: usize, factor: v128): v128 {
  // Twice the value, rounded down, decides as the value itself does: the middles are whole or half numbers.
  const double = f32x4.add(factor, factor);
  const a = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(v128.load(p), double)));
  const b = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(v128.load(p + 16), double)));
  const c = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(v128.load(p + 32), double)));
  const d = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(v128.load(p + 48), double)));
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  let lowCodes = i16x8.splat(0);
  let highCodes = lowCodes;
  for (let k: usize = 0; k < 30; k += 2) {
    const middle = v128.load_splat<i16>(MIDDLES + k);
    lowCodes = i16x8.sub(lowCodes, i16x8.ge_s(low, middle));
    highCodes = i16x8.sub(highCodes, i16x8.ge_s(high, middle));
  }
  return i8x16.narrow_i16x8_u(lowCodes, highCodes);
}

/** The sums of one step of the search: of weight × value × x and of weight × value². */
let sumQX: v128 = i32x4.splat(0);
let sumQ2: v128 = i32x4.splat(0);

function sumNonlinear(factor: v128): void {
  const values = v128.load(VALUES);
  let qx = f32x4.splat(0);
  let q2 = qx;
  for (let p = X; p < at(X, 32); p += 64) {
    const bytes = i8x16.swizzle(values, nonlinearCodes(p, factor));
    const low = i16x8.extend_low_i8x16_s(bytes);
    const high = i16x8.extend_high_i8x16_s(bytes);
    for (let part = 0; part < 4; part++) {
      const half = part < 2 ? low : high;
      const whole = (part & 1) == 0 ? i32x4.extend_low_i16x8_s(half) : i32x4.extend_high_i16x8_s(half);
      const value = f32x4.convert_i32x4_s(whole);
      const place = p + ((<usize>part) << 4);
      const weighted = f32x4.mul(v128.load(place + (W - X)), value);
      qx = f32x4.add(qx, f32x4.mul(weighted, v128.load(place)));
      q2 = f32x4.add(q2, f32x4.mul(weighted, value));
    }
  }
  sumQX = qx;
  sumQ2 = q2;
}

/** The search of quantize_row_iq4_nl_impl with ntry 7 for the four blocks in X; scales at `slot` of SCALES. */
function searchNonlinear(slot: usize): void {
  const zero = f32x4.splat(0);
  let max = zero;
  let amax = zero;
  for (let p = X; p < at(X, 32); p += 16) {
    const value = v128.load(p);
    const size = f32x4.abs(value);
    const larger = f32x4.gt(size, amax);
    amax = v128.bitselect(size, amax, larger);
    max = v128.bitselect(value, max, larger);
  }
  const empty = f32x4.lt(amax, f32x4.splat(GROUP_MAX_EPS));
  const first = f32x4.div(f32x4.neg(max), f32x4.splat(-127));
  sumNonlinear(f32x4.div(f32x4.splat(1), first));
  let scale = v128.and(f32x4.div(sumQX, sumQ2), f32x4.gt(sumQ2, zero));
  let best = f32x4.mul(scale, sumQX);
  for (let step = -7; step <= 7; step++) {
    sumNonlinear(f32x4.div(f32x4.splat(<f32>(step - 127)), max));
    const gain = f32x4.gt(f32x4.mul(sumQX, sumQX), f32x4.mul(best, sumQ2));
    const better = v128.and(f32x4.gt(sumQ2, zero), gain);
    scale = v128.bitselect(f32x4.div(sumQX, sumQ2), scale, better);
    best = v128.bitselect(f32x4.mul(scale, sumQX), best, better);
  }
  v128.store(SCALES + slot, v128.andnot(scale, empty));
}

/** The end of IQ4_NL: codes with the scales found. */
function storeNonlinear(target: usize, size: usize): bool {
  const scale = v128.load(SCALES);
  if (!v128.all_true<i32>(isUsual(scale))) return false;
  codesNonlinear(inverseOf(scale));
  for (let lane: usize = 0; lane < 4; lane++) {
    store<u16>(target + lane * size, toHalf(load<f32>(SCALES + (lane << 2))));
  }
  storeNibbles(target + 2, size);
  return true;
}

/** Codes of X times `factor` into CODES. */
function codesNonlinear(factor: v128): void {
  for (let p = X; p < at(X, 32); p += 64) {
    const bytes = nonlinearCodes(p, factor);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    const target = p + (CODES - X);
    v128.store(target, i32x4.extend_low_i16x8_u(low));
    v128.store(target + 16, i32x4.extend_high_i16x8_u(low));
    v128.store(target + 32, i32x4.extend_low_i16x8_u(high));
    v128.store(target + 48, i32x4.extend_high_i16x8_u(high));
  }
}

/**
 * Encodes rows × blocks super-blocks of 256 values as IQ4_XS (136 bytes: d, high and low bits of the scales, codes).
 * Arguments and result as of encodeBlocks.
 */
export function encodeNonlinearSuperBlocks(
  x: usize,
  weights: usize,
  target: usize,
  rows: i32,
  blocks: i32,
  refused: usize,
): i32 {
  let left = 0;
  for (let row = 0, index = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++, index++) {
      const source = x + ((<usize>index) << 10);
      const w: usize = weights == 0 ? 0 : weights + ((<usize>block) << 10);
      if (encodeXs(source, w, target + <usize>index * 136)) continue;
      store<u32>(refused + ((<usize>left) << 2), index);
      left++;
    }
  }
  return left;
}

function encodeXs(x: usize, weights: usize, target: usize): bool {
  const sigma2: f32 = sumOfSquares(x) * (<f32>2 / <f32>256);
  for (let group: usize = 0; group < 2; group++) {
    transpose(x + (group << 9), 128, X, 32);
    weighNonlinear(weights == 0 ? 0 : weights + (group << 9), false, sigma2);
    searchNonlinear(group << 4);
  }
  let maxScale: f32 = 0;
  let maxSize: f32 = 0;
  for (let j: usize = 0; j < 32; j += 4) {
    const scale = load<f32>(SCALES + j);
    if (abs(scale) > maxSize) {
      maxSize = abs(scale);
      maxScale = scale;
    }
  }
  const d: f32 = -maxScale / <f32>32;
  if (!(d == 0 || (abs(d) > SMALLEST && abs(d) < LARGEST))) return false;
  store<u16>(target, toHalf(d));
  const inverse: f32 = d != 0 ? <f32>1 / d : 0;
  let high: u32 = 0;
  for (let j = 0; j < 8; j++) {
    const found = nearestInt(inverse * load<f32>(SCALES + ((<usize>j) << 2)));
    const code = max<i32>(-32, min<i32>(31, found));
    store<f32>(FACTORS + ((<usize>j) << 2), d * <f32>code);
    const lifted = <u32>(code + 32);
    high |= (lifted >> 4) << (2 * j);
    const low = target + 4 + (j >> 1);
    if ((j & 1) == 0) store<u8>(low, <u8>(lifted & 15));
    else store<u8>(low, load<u8>(low) | <u8>((lifted & 15) << 4));
  }
  store<u16>(target + 2, <u16>high);
  for (let group: usize = 0; group < 2; group++) {
    transpose(x + (group << 9), 128, X, 32);
    const scale = v128.load(FACTORS + (group << 4));
    if (!v128.all_true<i32>(isUsual(scale))) return false;
    codesNonlinear(inverseOf(scale));
    storeNibbles(target + 8 + (group << 6), 16);
  }
  return true;
}
