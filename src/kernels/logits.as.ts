// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// Passes over one row of F32 logits for measuring quality: maximum, sum of exponentials, KL divergence, selection. Rows are
// padded to whole blocks of 64 values with the lowest finite value, whose exponential vanishes beside the maximum's.
// Sums add at most four F32 values before they go on in F64.

/** Of the last `scan`: maximum f32, its first index i32, largest magnitude's bits u32. Of `divergence`: weight sum f64. */
const RESULT = memory.data(16, 16);

const LOG2E: f32 = 1.44269504088896341;
/** 1.5 * 2^23: adding it rounds to the nearest integer, which then stands in the low bits. */
const MAGIC: f32 = 12582912;
/** ln 2 in two parts, the first with few bits (Cephes, expf.c). */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Everything below counts as this: e^-86 is 4.5e-38, still a normal number. */
const LEAST: f32 = -86;

/** Where the caller may put its data: everything below belongs to this module. */
export function freeMemory(): usize {
  return __heap_base;
}

export function result(): usize {
  return RESULT;
}

/** e^x of four x in [-infinity, 0], to about 1 ulp: the polynomial of Cephes' expf on [-ln 2 / 2, ln 2 / 2]. */
@inline function exponential(value: v128): v128 {
  const x = f32x4.pmax(value, f32x4.splat(LEAST));
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(LOG2E)), f32x4.splat(MAGIC));
  const n = f32x4.sub(shifted, f32x4.splat(MAGIC));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

@inline function widened(sum: v128): v128 {
  const low = f64x2.promote_low_f32x4(sum);
  return f64x2.add(low, f64x2.promote_low_f32x4(i32x4.shuffle(sum, sum, 2, 3, 2, 3)));
}

@inline function total(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

@inline function greatest(values: v128): f32 {
  const pair = f32x4.pmax(values, i32x4.shuffle(values, values, 2, 3, 0, 1));
  const most = f32x4.pmax(pair, i32x4.shuffle(pair, pair, 1, 0, 3, 2));
  return f32x4.extract_lane(most, 0);
}

/**
 * row: f32, `blocks` blocks of 64; maxima: f32 per block, overwritten. Results at `result()`; a magnitude of 0x7f800000 or
 * more means that a value is not finite, and the others then say nothing.
 */
export function scan(row: usize, blocks: i32, maxima: usize): void {
  const magnitude = i32x4.splat(0x7fffffff);
  let bits = i32x4.splat(0);
  let maximum: f32 = -f32.MAX_VALUE;
  let best: usize = row;
  let source = row;
  for (let block = 0; block < blocks; block++) {
    let most = f32x4.splat(-f32.MAX_VALUE);
    let other = most;
    for (let i: usize = 0; i < 256; i += 32) {
      const a = v128.load(source + i);
      const b = v128.load(source + i, 16);
      most = f32x4.pmax(most, a);
      other = f32x4.pmax(other, b);
      bits = i32x4.max_u(bits, v128.and(a, magnitude));
      bits = i32x4.max_u(bits, v128.and(b, magnitude));
    }
    const blockMost = greatest(f32x4.pmax(most, other));
    store<f32>(maxima, blockMost);
    maxima += 4;
    if (blockMost > maximum) {
      maximum = blockMost;
      best = source;
    }
    source += 256;
  }
  let index = best;
  while (index < best + 252 && load<f32>(index) != maximum) index += 4;
  bits = i32x4.max_u(bits, i32x4.shuffle(bits, bits, 2, 3, 0, 1));
  bits = i32x4.max_u(bits, i32x4.shuffle(bits, bits, 1, 0, 3, 2));
  store<f32>(RESULT, maximum);
  store<i32>(RESULT, <i32>((index - row) >> 2), 4);
  store<u32>(RESULT, <u32>i32x4.extract_lane(bits, 0), 8);
}

/** Σ e^(value - maximum) over the row. */
export function sumExponentials(row: usize, blocks: i32, maximum: f32): f64 {
  const most = f32x4.splat(maximum);
  const end = row + ((<usize>blocks) << 8);
  let sum = f64x2.splat(0);
  for (; row < end; row += 64) {
    const a = exponential(f32x4.sub(v128.load(row), most));
    const b = exponential(f32x4.sub(v128.load(row, 16), most));
    const c = exponential(f32x4.sub(v128.load(row, 32), most));
    const d = exponential(f32x4.sub(v128.load(row, 48), most));
    sum = f64x2.add(sum, widened(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
  }
  return total(sum);
}

/** The same; also writes every e^(value - maximum) to `weights` (f32) and each block's sum to `blockSums` (f64). */
export function storeExponentials(
  row: usize,
  blocks: i32,
  maximum: f32,
  weights: usize,
  blockSums: usize,
): f64 {
  const most = f32x4.splat(maximum);
  let all: f64 = 0;
  for (let block = 0; block < blocks; block++) {
    let sum = f64x2.splat(0);
    for (let i = 0; i < 4; i++) {
      const a = exponential(f32x4.sub(v128.load(row), most));
      const b = exponential(f32x4.sub(v128.load(row, 16), most));
      const c = exponential(f32x4.sub(v128.load(row, 32), most));
      const d = exponential(f32x4.sub(v128.load(row, 48), most));
      v128.store(weights, a);
      v128.store(weights, b, 16);
      v128.store(weights, c, 32);
      v128.store(weights, d, 48);
      sum = f64x2.add(sum, widened(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
      row += 64;
      weights += 64;
    }
    const blockSum = total(sum);
    store<f64>(blockSums, blockSum);
    blockSums += 8;
    all += blockSum;
  }
  return all;
}

@inline function keptWeights(base: usize, weights: usize, threshold: v128): v128 {
  return v128.and(v128.load(weights), f32x4.gt(v128.load(base), threshold));
}

@inline function excess(base: usize, subject: usize, shift: v128): v128 {
  return f32x4.add(f32x4.sub(v128.load(base), v128.load(subject)), shift);
}

/**
 * Σ w (base - subject + shift) over the tokens with base > threshold, w being e^(base - maximum) as `storeExponentials`
 * left it. Σ w of those tokens is at `result()`, so that the caller can add what rounding `shift` to F32 lost.
 */
export function divergence(
  base: usize,
  subject: usize,
  weights: usize,
  blocks: i32,
  threshold: f32,
  shift: f32,
): f64 {
  const least = f32x4.splat(threshold);
  const wideShift = f32x4.splat(shift);
  const end = base + ((<usize>blocks) << 8);
  let sum = f64x2.splat(0);
  let weightSum = f64x2.splat(0);
  for (; base < end; base += 64) {
    const a = keptWeights(base, weights, least);
    const b = keptWeights(base + 16, weights + 16, least);
    const c = keptWeights(base + 32, weights + 32, least);
    const d = keptWeights(base + 48, weights + 48, least);
    weightSum = f64x2.add(weightSum, widened(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
    const ab = f32x4.add(
      f32x4.mul(a, excess(base, subject, wideShift)),
      f32x4.mul(b, excess(base + 16, subject + 16, wideShift)),
    );
    const cd = f32x4.add(
      f32x4.mul(c, excess(base + 32, subject + 32, wideShift)),
      f32x4.mul(d, excess(base + 48, subject + 48, wideShift)),
    );
    sum = f64x2.add(sum, widened(f32x4.add(ab, cd)));
    subject += 64;
    weights += 64;
  }
  store<f64>(RESULT, total(weightSum));
  return total(sum);
}

/**
 * Writes the indices below `count` of all values that are at least `threshold` to `indices` (u32, room for all), ascending;
 * blocks whose `maxima` are below are skipped. Returns how many there are.
 */
export function collect(
  row: usize,
  blocks: i32,
  count: i32,
  threshold: f32,
  maxima: usize,
  indices: usize,
): i32 {
  const least = f32x4.splat(threshold);
  let found = 0;
  for (let block = 0; block < blocks; block++) {
    if (load<f32>(maxima + ((<usize>block) << 2)) < threshold) continue;
    const first = block << 6;
    for (let i = 0; i < 64; i += 4) {
      let mask = i32x4.bitmask(f32x4.ge(v128.load(row + ((<usize>(first + i)) << 2)), least));
      while (mask != 0) {
        const index = first + i + ctz(mask);
        mask &= mask - 1;
        if (index < count) {
          store<u32>(indices + ((<usize>found) << 2), index);
          found++;
        }
      }
    }
  }
  return found;
}
