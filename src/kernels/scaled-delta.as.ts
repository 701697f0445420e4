// AssemblyScript (compiled to WebAssembly SIMD by `npm run build:kernels`, not part of the TypeScript program).
// scale * (B * A) for a run of rows. Lanes run over columns, so every element sees exactly the operations that
// src/stages/merge/scaled-delta.ts defines: ranks ascending from zero, each product, sum and result rounded to F32.

/**
 * target: f32 (rowCount, columns), overwritten
 * a:      f32 (rank, columns)
 * b:      f32 (rowCount, rank)
 * All three are byte offsets into linear memory.
 */
export function scaledDelta(
  target: usize,
  a: usize,
  b: usize,
  rowCount: i32,
  columns: i32,
  rank: i32,
  scale: f32,
): void {
  const rowBytes = (<usize>columns) << 2;
  const wideScale = f32x4.splat(scale);
  const tiled = columns & ~15;
  // A tile of 16 columns: its part of A stays in the first-level cache while all rows pass.
  for (let column = 0; column < tiled; column += 16) {
    const tile = (<usize>column) << 2;
    let factor = b;
    for (let row = 0; row < rowCount; row++) {
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let sum2 = f32x4.splat(0);
      let sum3 = f32x4.splat(0);
      let source = a + tile;
      for (let index = 0; index < rank; index++) {
        const weight = v128.load32_splat(factor);
        sum0 = f32x4.add(sum0, f32x4.mul(weight, v128.load(source)));
        sum1 = f32x4.add(sum1, f32x4.mul(weight, v128.load(source, 16)));
        sum2 = f32x4.add(sum2, f32x4.mul(weight, v128.load(source, 32)));
        sum3 = f32x4.add(sum3, f32x4.mul(weight, v128.load(source, 48)));
        source += rowBytes;
        factor += 4;
      }
      const result = target + <usize>row * rowBytes + tile;
      v128.store(result, f32x4.mul(wideScale, sum0));
      v128.store(result, f32x4.mul(wideScale, sum1), 16);
      v128.store(result, f32x4.mul(wideScale, sum2), 32);
      v128.store(result, f32x4.mul(wideScale, sum3), 48);
    }
  }
  for (let row = 0; row < rowCount; row++) {
    for (let column = tiled; column < columns; column++) {
      const tile = (<usize>column) << 2;
      let sum: f32 = 0;
      for (let index = 0; index < rank; index++) {
        const weight = load<f32>(b + ((<usize>(row * rank + index)) << 2));
        sum = sum + weight * load<f32>(a + <usize>index * rowBytes + tile);
      }
      store<f32>(target + <usize>row * rowBytes + tile, scale * sum);
    }
  }
}
