import { describe, expect, it } from 'vitest';
import {
  defaultSlabBytes,
  fittingSlabBytes,
  layOutSlabs,
  slabMemoryBytes,
} from '#electron/factory/quantize/slab-plan.ts';

describe('cutting tensors into slabs', () => {
  it('takes as many whole rows as fit', () => {
    const layout = layOutSlabs({ shape: [1024, 100, 3], type: 'BF16' }, ['Q4_K', 'F16'], 1 << 16);
    expect(layout).toMatchObject({ columns: 1024, rowCount: 300, rowsPerSlab: 16 });
    // 16 rows of 2,048 bytes, then of 4 blocks of 144 bytes, then of 2,048 bytes.
    expect(layout.offsets).toEqual([32_768, 32_768 + 9216]);
    expect(layout.byteLength).toBe(32_768 + 9216 + 32_768);
  });

  it('takes one row when not even that fits, and all rows of small tensors', () => {
    const wide = layOutSlabs({ shape: [1 << 20, 4], type: 'F32' }, [], 1000);
    expect(wide.rowsPerSlab).toBe(1);
    expect(layOutSlabs({ shape: [8, 4], type: 'F32' }, [], 1 << 20).rowsPerSlab).toBe(4);
    expect(layOutSlabs({ shape: [8], type: 'F32' }, [], 1 << 20).rowCount).toBe(1);
  });

  it('starts every encoding at a cache line', () => {
    const layout = layOutSlabs({ shape: [32, 5], type: 'Q8_0' }, ['Q4_0', 'F32'], 1 << 20);
    expect(layout.offsets.every((offset) => offset % 64 === 0)).toBe(true);
  });

  it('makes slabs smaller where many workers would hold too many of them', () => {
    const tensor = { shape: [4096, 128_256], type: 'F32' } as const;
    const types = ['F32', 'F16', 'Q8_0', 'Q4_K'] as const;
    const largest = (bytes: number) => layOutSlabs(tensor, types, bytes).byteLength;
    expect(fittingSlabBytes(defaultSlabBytes, 6, largest)).toBe(defaultSlabBytes);
    const fitting = fittingSlabBytes(defaultSlabBytes, 130, largest);
    expect(fitting).toBeLessThan(defaultSlabBytes);
    expect(130 * largest(fitting)).toBeLessThanOrEqual(slabMemoryBytes);
  });

  it('does not make slabs smaller than is worth a message', () => {
    expect(fittingSlabBytes(defaultSlabBytes, 1e6, () => 1e6)).toBe(64 * 1024);
    expect(fittingSlabBytes(1000, 1e6, () => 1e6)).toBe(1000);
  });
});
