// AssemblyScript. The searches for scales, four blocks at once: every lane adds in the order of libggml's scalar code, so no
// result changes. What could leave the range in which both agree is not searched: they answer false.
import {
  abs,
  at,
  CODES,
  FACTORS,
  GROUP_MAX_EPS,
  isBetween,
  LEAST,
  MAGIC,
  MINS,
  MOST,
  nearestInt,
  nearestInts,
  OFFSETS,
  SCALES,
  storeBytes,
  TO_CODES,
  TO_U,
  TO_W,
  transpose,
  W,
  WEIGHT_SUMS,
  X,
} from './vectors.as';

/**
 * make_qkx2_quants and make_qkx3_quants for the four sub-blocks in X with the weights in W; results at `slot` of SCALES and
 * so on. False when a lane's range is one where rounding could differ.
 */
export function searchWithMin(
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
  let min = v128.load(X);
  let max = min;
  let sumW = v128.load(W);
  let sumX = f32x4.mul(sumW, min);
  for (let p = X + 16; p < end; p += 16) {
    const x = v128.load(p);
    const w = v128.load(p, TO_W);
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
    best = f32x4.add(best, f32x4.mul(v128.load(p, TO_W), error));
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
      v128.store(p, code, TO_CODES);
      const weighted = f32x4.mul(v128.load(p, TO_W), code);
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
        const difference = f32x4.sub(f32x4.add(f32x4.mul(thisScale, v128.load(p, TO_CODES)), thisMin), v128.load(p));
        error = f32x4.add(error, f32x4.mul(v128.load(p, TO_W), v128.and(difference, absolute)));
      }
    } else {
      for (let p = X; p < end; p += 16) {
        const difference = f32x4.sub(f32x4.add(f32x4.mul(thisScale, v128.load(p, TO_CODES)), thisMin), v128.load(p));
        error = f32x4.add(error, f32x4.mul(v128.load(p, TO_W), f32x4.mul(difference, difference)));
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
export function positiveCodes(count: i32, nmax: i32, x: usize, target: usize, weights: usize): f32 {
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

/**
 * make_qx_quants with rmse_type 1 for the four blocks of `count` values in X with the weights in W. Where FACTORS gets the
 * factor of the best codes, OFFSETS gets a mask of blocks that are empty: their codes are 0.
 */
export function searchSymmetric(slot: usize, count: i32, nmax: f32): bool {
  const zero = f32x4.splat(0);
  const top = f32x4.splat(nmax - 1);
  const bottom = f32x4.splat(-nmax);
  const end = at(X, count);
  let max = zero;
  let amax = zero;
  let sumW = zero;
  for (let p = X; p < end; p += 16) {
    const x = v128.load(p);
    const w = v128.load(p, TO_W);
    const size = f32x4.abs(x);
    const larger = f32x4.gt(size, amax);
    amax = v128.bitselect(size, amax, larger);
    max = v128.bitselect(x, max, larger);
    sumW = f32x4.add(sumW, w);
    v128.store(p, f32x4.mul(w, x), TO_U);
  }
  const empty = f32x4.lt(amax, f32x4.splat(GROUP_MAX_EPS));
  if (!v128.all_true<i32>(f32x4.le(amax, f32x4.splat(MOST)))) return false;
  // max is negated as the scalar code negates the numerator.
  let factor = f32x4.div(bottom, max);
  let sumLX = zero;
  let sumL2 = zero;
  for (let p = X; p < end; p += 16) {
    const code = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, v128.load(p)))));
    sumLX = f32x4.add(sumLX, f32x4.mul(v128.load(p, TO_U), code));
    sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(v128.load(p, TO_W), code), code));
  }
  let scale = v128.bitselect(f32x4.div(sumLX, sumL2), zero, f32x4.ne(sumL2, zero));
  let best = f32x4.mul(scale, sumLX);
  let bestFactor = factor;
  // Two steps at a time: their sums do not wait for each other. The one after -1 is 1.
  for (let step = -9; step <= 8; step += 2) {
    const next = step == -1 ? 1 : step + 1;
    factor = f32x4.div(f32x4.splat(-(nmax + <f32>0.1 * <f32>step)), max);
    const nextFactor = f32x4.div(f32x4.splat(-(nmax + <f32>0.1 * <f32>next)), max);
    sumLX = zero;
    sumL2 = zero;
    let nextLX = zero;
    let nextL2 = zero;
    for (let p = X; p < end; p += 16) {
      const x = v128.load(p);
      const w = v128.load(p, TO_W);
      const wx = v128.load(p, TO_U);
      const code = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, x))));
      const nextCode = f32x4.pmax(bottom, f32x4.pmin(top, f32x4.nearest(f32x4.mul(nextFactor, x))));
      sumLX = f32x4.add(sumLX, f32x4.mul(wx, code));
      sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(w, code), code));
      nextLX = f32x4.add(nextLX, f32x4.mul(wx, nextCode));
      nextL2 = f32x4.add(nextL2, f32x4.mul(f32x4.mul(w, nextCode), nextCode));
    }
    let better = v128.and(f32x4.gt(sumL2, zero), f32x4.gt(f32x4.mul(sumLX, sumLX), f32x4.mul(best, sumL2)));
    scale = v128.bitselect(f32x4.div(sumLX, sumL2), scale, better);
    best = v128.bitselect(f32x4.mul(scale, sumLX), best, better);
    bestFactor = v128.bitselect(factor, bestFactor, better);
    better = v128.and(f32x4.gt(nextL2, zero), f32x4.gt(f32x4.mul(nextLX, nextLX), f32x4.mul(best, nextL2)));
    scale = v128.bitselect(f32x4.div(nextLX, nextL2), scale, better);
    best = v128.bitselect(f32x4.mul(scale, nextLX), best, better);
    bestFactor = v128.bitselect(nextFactor, bestFactor, better);
    // 0 was the first of all.
    if (step == -1) step = 0;
  }
  v128.store(SCALES + slot, v128.andnot(scale, empty));
  v128.store(WEIGHT_SUMS + slot, sumW);
  v128.store(FACTORS + slot, v128.andnot(bestFactor, empty));
  // Codes of empty sub-blocks are 0, not the code of the value 0.
  v128.store(OFFSETS + slot, empty);
  return true;
}

/** Of scaleCodes: the factors of its 19 steps, and their sums. */
const STEP_FACTORS = memory.data(80, 16);
const STEP_LX = memory.data(80, 16);
const STEP_L2 = memory.data(80, 16);

/** make_qx_quants with rmse_type 1 for 16 scales; codes at `target`; gives the scale. */
export function scaleCodes(nmax: i32, x: usize, target: usize, weights: usize): f32 {
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
  // Each lane sums for a factor of its own: the plain one, then -9 to -1 and 1 to 9 tenths more; the 20th is not used.
  for (let step = 0; step < 20; step++) {
    const tenths = step <= 9 ? step - 10 : step - 9;
    const factor: f32 = step == 0 ? <f32>-nmax / max : -(<f32>nmax + <f32>0.1 * <f32>tenths) / max;
    store<f32>(STEP_FACTORS + ((<usize>step) << 2), factor);
  }
  const top = i32x4.splat(nmax - 1);
  const bottom = i32x4.splat(-nmax);
  for (let group: usize = 0; group < 80; group += 16) {
    const factor = v128.load(STEP_FACTORS + group);
    let sumLX = f32x4.splat(0);
    let sumL2 = sumLX;
    for (let i: usize = 0; i < 64; i += 4) {
      const value = v128.load_splat<f32>(x + i);
      const w = v128.load_splat<f32>(weights + i);
      const code = f32x4.convert_i32x4_s(i32x4.max_s(bottom, i32x4.min_s(top, nearestInts(f32x4.mul(factor, value)))));
      sumLX = f32x4.add(sumLX, f32x4.mul(f32x4.mul(w, value), code));
      sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(w, code), code));
    }
    v128.store(STEP_LX + group, sumLX);
    v128.store(STEP_L2 + group, sumL2);
  }
  const firstL2 = load<f32>(STEP_L2);
  let scale: f32 = firstL2 != 0 ? load<f32>(STEP_LX) / firstL2 : 0;
  let best: f32 = scale * load<f32>(STEP_LX);
  let bestFactor = load<f32>(STEP_FACTORS);
  for (let step: usize = 4; step < 76; step += 4) {
    const sumLX = load<f32>(STEP_LX + step);
    const sumL2 = load<f32>(STEP_L2 + step);
    if (!(sumL2 > 0 && sumLX * sumLX > best * sumL2)) continue;
    scale = sumLX / sumL2;
    best = scale * sumLX;
    bestFactor = load<f32>(STEP_FACTORS + step);
  }
  for (let i: usize = 0; i < 16; i++) {
    const code = nearestInt(bestFactor * load<f32>(x + (i << 2)));
    store<u8>(target + i, <u8>(nmax + max_i32(-nmax, min<i32>(nmax - 1, code))));
  }
  return scale;
}

@inline
export function max_i32(a: i32, b: i32): i32 {
  return a > b ? a : b;
}

/** From a value to what its code adds to the sums: with few values the place of U has room for both. */
const TO_LX: usize = 1024;
const TO_L2: usize = 1280;
/** Per sub-block of a super-block: a bit for each value whose code could be another. */
const FAR = memory.data(64, 16);
/** A bit for each of 16 values, in every lane. */
const BITS = memory.data<u32>([
  1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 128,
  256, 256, 256, 256, 512, 512, 512, 512, 1024, 1024, 1024, 1024, 2048, 2048, 2048, 2048,
  4096, 4096, 4096, 4096, 8192, 8192, 8192, 8192, 16384, 16384, 16384, 16384, 32768, 32768, 32768, 32768,
], 16);
/** Of refineOne: 16 values each of x², x³, codes, what those add to the two sums. */
const ONE = memory.data(5 * 64, 16);
const ONE_WX: usize = 64;
const ONE_CODES: usize = 128;
const ONE_LX: usize = 192;
const ONE_L2: usize = 256;
/** Codes of values nearer than this to the old one are the same; the margin is wider than rounding is. */
const HALF: f32 = 0.499;
/** Where sums are hardly above zero, so that HALF is not wide enough, it makes the bound negative: every value is far. */
const MARGIN: f32 = 1e-35;

/**
 * make_q3_quants (nmax 4) with do_rmse for the 16 sub-blocks of the super-block at `x`: codes from 0 to 7 to `codes` (bytes),
 * scales to SCALES. False for values so large, or not finite, that libggml has to encode them.
 * Refining seldom changes anything (a code in every third sub-block), and until it does all values of a sub-block are held
 * against the same sums. So those sub-blocks in which nothing can change are told apart four at a time, one per lane.
 */
export function searchRefined(x: usize, codes: usize): bool {
  let changing = 0;
  for (let four: usize = 0; four < 4; four++) {
    transpose(x + (four << 8), 64, X, 16);
    const found = startRefined(four << 4);
    if (found < 0) return false;
    changing |= found << (<i32>four << 2);
    storeBytes(CODES, codes + (four << 6), 16, 16);
  }
  for (; changing != 0; changing &= changing - 1) {
    const index = <usize>ctz(changing);
    refineOne(x + (index << 6), codes + (index << 4), index << 2);
  }
  for (let slot: usize = 0; slot < 64; slot += 16) {
    const sumL2 = v128.load(MINS + slot);
    const scale = f32x4.div(v128.load(SCALES + slot), sumL2);
    v128.store(SCALES + slot, v128.and(scale, f32x4.gt(sumL2, f32x4.splat(0))));
  }
  return true;
}

/**
 * First codes of the four sub-blocks in X to CODES, their sums to `slot` of SCALES and MINS, the factors to FACTORS. Gives a
 * bit for each sub-block in which refining could change a code, or -1 for values that libggml has to encode.
 */
function startRefined(slot: usize): i32 {
  const zero = f32x4.splat(0);
  const end = X + 256;
  let least = v128.load(X);
  let most = least;
  for (let p = X + 16; p < end; p += 16) {
    const x = v128.load(p);
    least = f32x4.pmin(least, x);
    most = f32x4.pmax(most, x);
  }
  let max = v128.bitselect(most, least, f32x4.gt(most, f32x4.neg(least)));
  let amax = f32x4.abs(max);
  // Of two equally far from zero the first counts.
  if (v128.any_true(v128.and(f32x4.eq(most, f32x4.neg(least)), f32x4.gt(most, zero)))) {
    max = zero;
    amax = zero;
    for (let p = X; p < end; p += 16) {
      const x = v128.load(p);
      const size = f32x4.abs(x);
      const larger = f32x4.gt(size, amax);
      amax = v128.bitselect(size, amax, larger);
      max = v128.bitselect(x, max, larger);
    }
  }
  if (!v128.all_true<i32>(f32x4.le(amax, f32x4.splat(MOST)))) return -1;
  const empty = f32x4.lt(amax, f32x4.splat(GROUP_MAX_EPS));
  const factor = v128.andnot(f32x4.div(f32x4.splat(-4), max), empty);
  // The codes of empty sub-blocks are 0, which stands for -4 elsewhere.
  const mask = v128.andnot(i32x4.splat(7), empty);
  const top = f32x4.splat(3);
  const lift = f32x4.splat(MAGIC + <f32>4);
  let sumLX = zero;
  let sumL2 = zero;
  for (let p = X; p < end; p += 16) {
    const x = v128.load(p);
    const w = f32x4.mul(x, x);
    // Never below -4, for no value is larger than max.
    const code = f32x4.pmin(top, f32x4.nearest(f32x4.mul(factor, x)));
    const lx = f32x4.mul(f32x4.mul(w, x), code);
    const l2 = f32x4.mul(f32x4.mul(w, code), code);
    v128.store(p, code, TO_W);
    v128.store(p, v128.and(f32x4.add(code, lift), mask), TO_CODES);
    v128.store(p, lx, TO_LX);
    v128.store(p, l2, TO_L2);
    sumLX = f32x4.add(sumLX, lx);
    sumL2 = f32x4.add(sumL2, l2);
  }
  v128.store(SCALES + slot, sumLX);
  v128.store(MINS + slot, sumL2);
  v128.store(FACTORS + slot, factor);
  // A value that is not a number shows in the sums.
  if (!v128.all_true<i32>(f32x4.eq(sumL2, sumL2))) return -1;
  let far = zero;
  for (let p = X, bit = BITS; p < end; p += 16, bit += 16) {
    const isFar = farFrom(v128.load(p), v128.load(p, TO_W), v128.load(p, TO_LX), v128.load(p, TO_L2), sumLX, sumL2);
    far = v128.or(far, v128.and(isFar, v128.load(bit)));
  }
  v128.store(FAR + slot, far);
  return i32x4.bitmask(i32x4.ne(far, zero));
}

/** Whether the codes of x · sl2 / slx could be others: false only where they surely are not. */
@inline
function farFrom(x: v128, code: v128, lx: v128, l2: v128, sumLX: v128, sumL2: v128): v128 {
  const slx = f32x4.sub(sumLX, lx);
  const sl2 = f32x4.sub(sumL2, l2);
  const highest = f32x4.mul(f32x4.splat(3), slx);
  const lowest = f32x4.mul(f32x4.splat(-4), slx);
  const exact = f32x4.pmax(lowest, f32x4.pmin(highest, f32x4.mul(x, sl2)));
  const away = f32x4.abs(f32x4.sub(exact, f32x4.mul(code, slx)));
  const bound = f32x4.sub(f32x4.mul(f32x4.splat(HALF), slx), f32x4.splat(MARGIN));
  return v128.and(f32x4.ge(away, bound), f32x4.gt(slx, f32x4.splat(0)));
}

/** Refines the codes of the 16 values at `x` in order, as the scalar code does; its sums, factor and far values are at `slot`. */
function refineOne(x: usize, codes: usize, slot: usize): void {
  const factor = f32x4.splat(load<f32>(FACTORS + slot));
  startOne(x, factor, 0);
  startOne(x, factor, 16);
  startOne(x, factor, 32);
  startOne(x, factor, 48);
  let sumLX = load<f32>(SCALES + slot);
  let sumL2 = load<f32>(MINS + slot);
  let far = load<i32>(FAR + slot);
  let changed = false;
  for (let attempt = 0, from = 0; ; ) {
    const left = far & (0xffff << from);
    if (left == 0) {
      attempt++;
      if (!changed || attempt == 5) break;
      changed = false;
      from = 0;
      continue;
    }
    const index = ctz(left);
    from = index + 1;
    const at = ONE + ((<usize>index) << 2);
    let slx = sumLX - load<f32>(at, ONE_LX);
    let sl2 = sumL2 - load<f32>(at, ONE_L2);
    const exact = (load<f32>(x + ((<usize>index) << 2)) * sl2) / slx;
    const code = <f32>max_i32(-4, min<i32>(3, nearestInt(exact)));
    const lx = load<f32>(at, ONE_WX) * code;
    const l2 = load<f32>(at) * code * code;
    slx += lx;
    sl2 += l2;
    if (code == load<f32>(at, ONE_CODES) || !(sl2 > 0 && slx * slx * sumL2 > sumLX * sumLX * sl2)) continue;
    sumLX = slx;
    sumL2 = sl2;
    changed = true;
    store<u8>(codes + index, <u8>(<i32>code + 4));
    // Whole vectors are written, for they are read again at once.
    const four = ONE + ((<usize>index >> 2) << 4);
    const lane = i32x4.eq(i32x4.splat(index & 3), i32x4(0, 1, 2, 3));
    v128.store(four, v128.bitselect(f32x4.splat(code), v128.load(four, ONE_CODES), lane), ONE_CODES);
    v128.store(four, v128.bitselect(f32x4.splat(lx), v128.load(four, ONE_LX), lane), ONE_LX);
    v128.store(four, v128.bitselect(f32x4.splat(l2), v128.load(four, ONE_L2), lane), ONE_L2);
    const all = f32x4.splat(sumLX);
    const all2 = f32x4.splat(sumL2);
    const ab = i16x8.narrow_i32x4_s(farOf(x, all, all2, 0), farOf(x, all, all2, 16));
    const cd = i16x8.narrow_i32x4_s(farOf(x, all, all2, 32), farOf(x, all, all2, 48));
    far = i8x16.bitmask(i8x16.narrow_i16x8_s(ab, cd));
  }
  store<f32>(SCALES + slot, sumLX);
  store<f32>(MINS + slot, sumL2);
}

@inline
function startOne(x: usize, factor: v128, offset: usize): void {
  const value = v128.load(x + offset);
  const w = f32x4.mul(value, value);
  const wx = f32x4.mul(w, value);
  const code = f32x4.pmin(f32x4.splat(3), f32x4.nearest(f32x4.mul(factor, value)));
  v128.store(ONE + offset, w);
  v128.store(ONE + offset, wx, ONE_WX);
  v128.store(ONE + offset, code, ONE_CODES);
  v128.store(ONE + offset, f32x4.mul(wx, code), ONE_LX);
  v128.store(ONE + offset, f32x4.mul(f32x4.mul(w, code), code), ONE_L2);
}

@inline
function farOf(x: usize, sumLX: v128, sumL2: v128, offset: usize): v128 {
  const one = ONE + offset;
  return farFrom(v128.load(x + offset), v128.load(one, ONE_CODES), v128.load(one, ONE_LX), v128.load(one, ONE_L2), sumLX, sumL2); // prettier-ignore
}
