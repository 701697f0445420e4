// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// Sums of squares over the rows of activations, for importance matrices. Lanes run over columns, so every sum sees exactly
// the additions of llama-imatrix (tools/imatrix/imatrix.cpp): rows ascending, each square and sum rounded to F32.

/**
 * sums:   f32 (columns), added to
 * source: f32 rows of `columns` values, `stride` bytes apart
 * Both are byte offsets into linear memory.
 */
export function addSquares(
  sums: usize,
  source: usize,
  rowCount: i32,
  columns: i32,
  stride: usize,
): void {
  const wide = columns & ~3;
  let row = 0;
  // Four rows at once load and store the sums a quarter as often; a sum still takes its rows one after the other.
  for (; row + 4 <= rowCount; row += 4) {
    const row0 = source + <usize>row * stride;
    const row1 = row0 + stride;
    const row2 = row1 + stride;
    const row3 = row2 + stride;
    for (let column = 0; column < wide; column += 4) {
      const offset = (<usize>column) << 2;
      const value0 = v128.load(row0 + offset);
      const value1 = v128.load(row1 + offset);
      const value2 = v128.load(row2 + offset);
      const value3 = v128.load(row3 + offset);
      let sum = v128.load(sums + offset);
      sum = f32x4.add(sum, f32x4.mul(value0, value0));
      sum = f32x4.add(sum, f32x4.mul(value1, value1));
      sum = f32x4.add(sum, f32x4.mul(value2, value2));
      sum = f32x4.add(sum, f32x4.mul(value3, value3));
      v128.store(sums + offset, sum);
    }
    for (let column = wide; column < columns; column++) {
      const offset = (<usize>column) << 2;
      let sum = load<f32>(sums + offset);
      sum = sum + load<f32>(row0 + offset) * load<f32>(row0 + offset);
      sum = sum + load<f32>(row1 + offset) * load<f32>(row1 + offset);
      sum = sum + load<f32>(row2 + offset) * load<f32>(row2 + offset);
      sum = sum + load<f32>(row3 + offset) * load<f32>(row3 + offset);
      store<f32>(sums + offset, sum);
    }
  }
  for (; row < rowCount; row++) {
    const address = source + <usize>row * stride;
    for (let column = 0; column < wide; column += 4) {
      const offset = (<usize>column) << 2;
      const value = v128.load(address + offset);
      v128.store(sums + offset, f32x4.add(v128.load(sums + offset), f32x4.mul(value, value)));
    }
    for (let column = wide; column < columns; column++) {
      const offset = (<usize>column) << 2;
      const value = load<f32>(address + offset);
      store<f32>(sums + offset, load<f32>(sums + offset) + value * value);
    }
  }
}

/**
 * The same for experts: row `token` goes to the sums of each expert that the token used.
 * sums:    f32 (experts, columns)
 * experts: i32 (used, tokenCount), the first used expert of every token before the second ones
 * source:  f32 (tokens, rows of a token, columns): the activations of the n-th used expert are in row n modulo `tokenRows`
 */
export function addExpertSquares(
  sums: usize,
  source: usize,
  experts: usize,
  used: i32,
  tokenCount: i32,
  columns: i32,
  tokenRows: i32,
  rowStride: usize,
  tokenStride: usize,
): void {
  const sumBytes = (<usize>columns) << 2;
  for (let index = 0; index < used; index++) {
    const rows = source + <usize>(index % tokenRows) * rowStride;
    for (let token = 0; token < tokenCount; token++) {
      const expert = load<i32>(experts + ((<usize>(index * tokenCount + token)) << 2));
      addSquares(
        sums + <usize>expert * sumBytes,
        rows + <usize>token * tokenStride,
        1,
        columns,
        0,
      );
    }
  }
}

/** The first of `count` values that is NaN or infinite, or -1. */
export function findNonFinite(values: usize, count: i32): i32 {
  const wide = count & ~3;
  const infinity = f32x4.splat(Infinity);
  for (let index = 0; index < wide; index += 4) {
    // Comparing with NaN is false, too.
    const magnitude = f32x4.abs(v128.load(values + ((<usize>index) << 2)));
    if (i32x4.all_true(f32x4.lt(magnitude, infinity))) continue;
    for (let lane = 0; lane < 4; lane++) {
      const value = load<f32>(values + ((<usize>(index + lane)) << 2));
      if (!(Mathf.abs(value) < Infinity)) return index + lane;
    }
  }
  for (let index = wide; index < count; index++) {
    const value = load<f32>(values + ((<usize>index) << 2));
    if (!(Mathf.abs(value) < Infinity)) return index;
  }
  return -1;
}
