import { describe, expect, it } from 'vitest';
import { sampleRows } from '#electron/factory/allocate/sample-rows.ts';

describe('sampleRows', () => {
  it('takes small tensors whole', () => {
    expect(sampleRows([256, 3])).toEqual([{ matrix: 0, rows: [0, 1, 2] }]);
    expect(sampleRows([64])).toEqual([{ matrix: 0, rows: [0] }]);
  });

  it('takes at most 512 rows and about a million weights, evenly spaced over all rows', () => {
    const [whole] = sampleRows([1024, 128_256]);
    expect(whole?.rows.length).toBe(512);
    const steps = whole!.rows.slice(1).map((row, index) => row - whole!.rows[index]!);
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
    expect(whole!.rows[0]).toBe(125);
    const [wide] = sampleRows([16_384, 4096]);
    expect(wide!.rows.length * 16_384).toBe(1 << 20);
  });

  it('gives every expert its share, in rows of the whole tensor', () => {
    const samples = sampleRows([2048, 768, 128]);
    expect(samples.map(({ matrix }) => matrix)).toEqual(Array.from({ length: 128 }, (_, m) => m));
    for (const { matrix, rows } of samples) {
      expect(rows.length).toBe(4);
      for (const row of rows) expect(Math.floor(row / 768)).toBe(matrix);
    }
  });
});
