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
  MINS,
  MOST,
  nearestInt,
  nearestInts,
  OFFSETS,
  SCALES,
  storeBytes,
  transpose,
  U,
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
      const w = v128.load(p + toW);
      const wx = v128.load(p + toU);
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

/** Bytes of four sub-blocks in REFINED, and of one of its parts. */
const FOUR: usize = 16 * 16;
const PART: usize = 4 * FOUR;
/** Of searchRefined: the values of 16 sub-blocks, four per vector; x², x³; codes. */
const REFINED = memory.data(4 * 4 * 16 * 16, 16);

/**
 * make_q3_quants with do_rmse for the 16 sub-blocks of the super-block at `x`: codes from 0 to 2 nmax - 1 to `codes` (bytes),
 * scales to SCALES. The scalar code ends when a pass changes nothing; a pass over a sub-block that is done changes nothing
 * either. Every value's code depends on those before it, so four times four sub-blocks are refined side by side: one
 * computes while the others wait, and none goes on longer than its own four need.
 */
export function searchRefined(x: usize, codes: usize, nmax: i32): void {
  for (let four: usize = 0; four < 4; four++) {
    transpose(x + (four << 8), 64, REFINED + four * FOUR, 16);
    startRefined(REFINED + four * FOUR, four << 4, nmax);
  }
  const top = i32x4.splat(nmax - 1);
  const bottom = i32x4.splat(-nmax);
  let a = true;
  let b = true;
  let c = true;
  let d = true;
  for (let attempt = 0; attempt < 5; attempt++) {
    let changedA = i32x4.splat(0);
    let changedB = changedA;
    let changedC = changedA;
    let changedD = changedA;
    for (let p = REFINED; p < REFINED + FOUR; p += 16) {
      if (a) changedA = v128.or(changedA, refine(p, 0, bottom, top));
      if (b) changedB = v128.or(changedB, refine(p + FOUR, 16, bottom, top));
      if (c) changedC = v128.or(changedC, refine(p + 2 * FOUR, 32, bottom, top));
      if (d) changedD = v128.or(changedD, refine(p + 3 * FOUR, 48, bottom, top));
    }
    a = v128.any_true(changedA);
    b = v128.any_true(changedB);
    c = v128.any_true(changedC);
    d = v128.any_true(changedD);
    if (!(a || b || c || d)) break;
  }
  for (let four: usize = 0; four < 4; four++) {
    endRefined(REFINED + 3 * PART + four * FOUR, four << 4, nmax);
    storeBytes(REFINED + 3 * PART + four * FOUR, codes + (four << 6), 16, 16);
  }
}

/** Tries a better code for the values at `p` of four sub-blocks whose sums are at `slot`; gives the lanes that changed. */
@inline
function refine(p: usize, slot: usize, bottom: v128, top: v128): v128 {
  const sumLX = v128.load(SCALES + slot);
  const sumL2 = v128.load(MINS + slot);
  const w = v128.load(p + PART);
  const wx = v128.load(p + 2 * PART);
  const old = v128.load(p + 3 * PART);
  const l = f32x4.convert_i32x4_s(old);
  let slx = f32x4.sub(sumLX, f32x4.mul(wx, l));
  let sl2 = f32x4.sub(sumL2, f32x4.mul(f32x4.mul(w, l), l));
  const code = i32x4.max_s(bottom, i32x4.min_s(top, nearestInts(f32x4.div(f32x4.mul(v128.load(p), sl2), slx))));
  let better = v128.and(f32x4.gt(slx, f32x4.splat(0)), i32x4.ne(code, old));
  // Mostly so after the first pass; the next value then need not wait for these sums.
  if (v128.any_true(better)) {
    const n = f32x4.convert_i32x4_s(code);
    slx = f32x4.add(slx, f32x4.mul(wx, n));
    sl2 = f32x4.add(sl2, f32x4.mul(f32x4.mul(w, n), n));
    const isCloser = f32x4.gt(f32x4.mul(f32x4.mul(slx, slx), sumL2), f32x4.mul(f32x4.mul(sumLX, sumLX), sl2));
    better = v128.and(better, v128.and(f32x4.gt(sl2, f32x4.splat(0)), isCloser));
    v128.store(p + 3 * PART, v128.bitselect(code, old, better));
    v128.store(SCALES + slot, v128.bitselect(slx, sumLX, better));
    v128.store(MINS + slot, v128.bitselect(sl2, sumL2, better));
  }
  return better;
}

/** The first codes of four sub-blocks, with their weights; the sums at `slot` of SCALES and MINS, empty ones in OFFSETS. */
function startRefined(from: usize, slot: usize, nmax: i32): void {
  const zero = f32x4.splat(0);
  const top = i32x4.splat(nmax - 1);
  const bottom = i32x4.splat(-nmax);
  const end = from + FOUR;
  let max = zero;
  let amax = zero;
  for (let p = from; p < end; p += 16) {
    const x = v128.load(p);
    const size = f32x4.abs(x);
    const larger = f32x4.gt(size, amax);
    amax = v128.bitselect(size, amax, larger);
    max = v128.bitselect(x, max, larger);
  }
  const factor = f32x4.div(f32x4.splat(-(<f32>nmax)), max);
  let sumLX = zero;
  let sumL2 = zero;
  for (let p = from; p < end; p += 16) {
    const x = v128.load(p);
    const w = f32x4.mul(x, x);
    const wx = f32x4.mul(w, x);
    v128.store(p + PART, w);
    v128.store(p + 2 * PART, wx);
    const code = i32x4.max_s(bottom, i32x4.min_s(top, nearestInts(f32x4.mul(factor, x))));
    v128.store(p + 3 * PART, code);
    const l = f32x4.convert_i32x4_s(code);
    sumLX = f32x4.add(sumLX, f32x4.mul(wx, l));
    sumL2 = f32x4.add(sumL2, f32x4.mul(f32x4.mul(w, l), l));
  }
  v128.store(SCALES + slot, sumLX);
  v128.store(MINS + slot, sumL2);
  v128.store(OFFSETS + slot, f32x4.lt(amax, f32x4.splat(GROUP_MAX_EPS)));
}

/** Codes from 0, scales of the sums. */
function endRefined(codes: usize, slot: usize, nmax: i32): void {
  const empty = v128.load(OFFSETS + slot);
  const sumL2 = v128.load(MINS + slot);
  const lift = i32x4.splat(nmax);
  for (let p = codes; p < codes + FOUR; p += 16) {
    v128.store(p, v128.andnot(i32x4.add(v128.load(p), lift), empty));
  }
  const scale = v128.and(f32x4.div(v128.load(SCALES + slot), sumL2), f32x4.gt(sumL2, f32x4.splat(0)));
  v128.store(SCALES + slot, v128.andnot(scale, empty));
}
