import { describe, expect, it } from 'vitest';
import { createSquaredSumsKernel } from '#src/kernels/squared-sums-kernel.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

/** The definition: rows ascending, each square and each sum rounded to F32. */
function addRow(sums: Float32Array, row: Float32Array): void {
  sums.forEach((sum, column) => {
    sums[column] = sum + Math.fround(row[column]! * row[column]!);
  });
}

describe('sums of squares', () => {
  it.each([
    [1, 1], [3, 5], [4, 16], [17, 33], [512, 260],
  ])('of %i rows of %i columns are those of the definition, bit for bit', (rowCount, columns) => {
    const kernel = createSquaredSumsKernel();
    const stride = columns + 3;
    const values = seededFloats(7, rowCount * stride);
    const expected = seededFloats(8, columns).map(Math.abs);
    const sums = expected.slice();
    for (let row = 0; row < rowCount; row++) {
      addRow(expected, values.subarray(row * stride, row * stride + columns));
    }
    kernel.source(values.byteLength, columns).set(new Uint8Array(values.buffer));
    kernel.addRows(sums, rowCount, stride * 4);
    expect(sums).toEqual(expected);
  }); // prettier-ignore

  it('of experts take each token to the experts that it used', () => {
    const kernel = createSquaredSumsKernel();
    const [columns, tokenCount, used, expertCount] = [6, 9, 2, 4];
    const values = seededFloats(3, columns * tokenCount * used);
    const experts = Int32Array.from({ length: used * tokenCount }, (_, i) => (i * 7) % 3);
    const expected = new Float32Array(expertCount * columns);
    for (let index = 0; index < used; index++) {
      for (let token = 0; token < tokenCount; token++) {
        const expert = experts[index * tokenCount + token]!;
        const row = (token * used + index) * columns;
        addRow(
          expected.subarray(expert * columns, (expert + 1) * columns),
          values.subarray(row, row + columns),
        );
      }
    }
    const sums = new Float32Array(expected.length);
    kernel.source(values.byteLength, sums.length).set(new Uint8Array(values.buffer));
    const [rowStride, tokenStride] = [columns * 4, columns * used * 4];
    kernel.addExperts(sums, { columns, tokenCount, tokenRows: used, rowStride, tokenStride, experts, used }); // prettier-ignore
    expect(sums).toEqual(expected);
    expect(expected.subarray(3 * columns).every((value) => value === 0)).toBe(true);
  });

  it('tell where the first value is that is not finite', () => {
    const kernel = createSquaredSumsKernel();
    const sums = new Float32Array(11).fill(1);
    expect(kernel.findNonFinite(sums)).toBe(-1);
    for (const [index, value] of [
      [10, Infinity],
      [5, Number.NaN],
      [0, -Infinity],
    ] as const) {
      sums[index] = value;
      expect(kernel.findNonFinite(sums)).toBe(index);
    }
  });
});
