// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// Dot products of one vector with many, for routing by embeddings. Products of two F32 are exact in F64, and the four sums
// take their numbers in the order of `dotProduct` (src/routing/dot-product.ts), so the results are the same to the last bit.

/**
 * results: f64 (rowCount)
 * vector:  f64 (columns)
 * rows:    f32 (rowCount, columns)
 * All are byte offsets into linear memory.
 */
export function likenesses(
  results: usize,
  vector: usize,
  rows: usize,
  rowCount: i32,
  columns: i32,
): void {
  const wide = columns & ~3;
  const rowBytes = (<usize>columns) << 2;
  let row = 0;
  // Four rows at once: one would wait for its own additions.
  for (; row + 4 <= rowCount; row += 4) {
    const row0 = rows + <usize>row * rowBytes;
    const row1 = row0 + rowBytes;
    const row2 = row1 + rowBytes;
    const row3 = row2 + rowBytes;
    let low0 = f64x2.splat(0);
    let high0 = f64x2.splat(0);
    let low1 = f64x2.splat(0);
    let high1 = f64x2.splat(0);
    let low2 = f64x2.splat(0);
    let high2 = f64x2.splat(0);
    let low3 = f64x2.splat(0);
    let high3 = f64x2.splat(0);
    for (let column = 0; column < wide; column += 4) {
      const offset = (<usize>column) << 2;
      const left = v128.load(vector + (offset << 1));
      const right = v128.load(vector + (offset << 1), 16);
      low0 = f64x2.add(low0, f64x2.mul(left, promoted(row0 + offset)));
      high0 = f64x2.add(high0, f64x2.mul(right, promoted(row0 + offset + 8)));
      low1 = f64x2.add(low1, f64x2.mul(left, promoted(row1 + offset)));
      high1 = f64x2.add(high1, f64x2.mul(right, promoted(row1 + offset + 8)));
      low2 = f64x2.add(low2, f64x2.mul(left, promoted(row2 + offset)));
      high2 = f64x2.add(high2, f64x2.mul(right, promoted(row2 + offset + 8)));
      low3 = f64x2.add(low3, f64x2.mul(left, promoted(row3 + offset)));
      high3 = f64x2.add(high3, f64x2.mul(right, promoted(row3 + offset + 8)));
    }
    const target = results + ((<usize>row) << 3);
    store<f64>(target, finished(low0, high0, vector, row0, wide, columns));
    store<f64>(target, finished(low1, high1, vector, row1, wide, columns), 8);
    store<f64>(target, finished(low2, high2, vector, row2, wide, columns), 16);
    store<f64>(target, finished(low3, high3, vector, row3, wide, columns), 24);
  }
  for (; row < rowCount; row++) {
    const source = rows + <usize>row * rowBytes;
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let column = 0; column < wide; column += 4) {
      const offset = (<usize>column) << 2;
      low = f64x2.add(low, f64x2.mul(v128.load(vector + (offset << 1)), promoted(source + offset)));
      high = f64x2.add(
        high,
        f64x2.mul(v128.load(vector + (offset << 1), 16), promoted(source + offset + 8)),
      );
    }
    store<f64>(
      results + ((<usize>row) << 3),
      finished(low, high, vector, source, wide, columns),
    );
  }
}

/** Two F32 as F64. */
@inline function promoted(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** What is left of a row, and the four sums as one. */
function finished(
  low: v128,
  high: v128,
  vector: usize,
  row: usize,
  wide: i32,
  columns: i32,
): f64 {
  let first = f64x2.extract_lane(low, 0);
  for (let column = wide; column < columns; column++) {
    const offset = (<usize>column) << 2;
    first += load<f64>(vector + (offset << 1)) * <f64>load<f32>(row + offset);
  }
  return (
    first +
    f64x2.extract_lane(low, 1) +
    f64x2.extract_lane(high, 0) +
    f64x2.extract_lane(high, 1)
  );
}
