import { describe, expect, it } from 'vitest';
import { scanTensor, type ScannedTensor } from '#src/doctor/values/scan-tensor.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

/** Fed in pieces of whole blocks. */
function scan(type: GgmlType, shape: readonly number[], bytes: Uint8Array, piece = bytes.length): ScannedTensor {
  const run = scanTensor({ type, shape, littleEndian: true, isFinite: () => true });
  for (let at = 0; at < bytes.length; at += piece) run.feed(bytes.subarray(at, at + piece));
  return run.finish();
} // prettier-ignore

/** Q8_0: 34 bytes a block of 32 weights, each with the scale 2^-8. */
function q8Blocks(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 34).fill(7);
  for (let block = 0; block < count; block++) new DataView(bytes.buffer).setUint16(block * 34, 0x1c00, true); // prettier-ignore
  return bytes;
}

describe('scanTensor', () => {
  it('finds nothing in sound values', () => {
    const { notFinite, absurd, zeroRuns, isZero } = scan('Q8_0', [64, 100], q8Blocks(200));
    expect({ notFinite, absurd, zeroRuns, isZero }).toEqual({ notFinite: { count: 0, nan: 0, rows: [] }, absurd: undefined, zeroRuns: [], isZero: false }); // prettier-ignore
  });

  it('locates block scales that are not finite to their rows', () => {
    const bytes = q8Blocks(200);
    const view = new DataView(bytes.buffer);
    view.setUint16(34 * 7, 0x7e00, true);
    view.setUint16(34 * 8, 0xfc00, true);
    view.setUint16(34 * 150, 0x7c00, true);
    const { notFinite } = scan('Q8_0', [64, 100], bytes, 34 * 20);
    expect(notFinite).toEqual({ count: 3, nan: 1, rows: [{ first: 3, count: 2 }, { first: 75, count: 1 }] }); // prettier-ignore
  });

  it('tells NaN from infinity where only the low bytes of a float differ', () => {
    const bytes = new Uint8Array(new Float32Array(64).fill(0.5).buffer);
    new DataView(bytes.buffer).setUint32(4 * 20, 0x7f80_0001, true);
    new DataView(bytes.buffer).setUint32(4 * 40, 0xff80_0000, true);
    expect(scan('F32', [16, 4], bytes).notFinite).toMatchObject({ count: 2, nan: 1 });
  });

  it('finds a scale whose upper exponent bit was set, and no scale that is merely large', () => {
    const flipped = q8Blocks(200);
    new DataView(flipped.buffer).setUint16(34 * 30, 0x1c00 | 0x4000, true);
    expect(scan('Q8_0', [64, 100], flipped).absurd).toMatchObject({ count: 1, rows: [{ first: 15, count: 1 }] }); // prettier-ignore
    const large = q8Blocks(200);
    new DataView(large.buffer).setUint16(34 * 30, 0x3c00, true);
    expect(scan('Q8_0', [64, 100], large).absurd).toBeUndefined();
  });

  it('measures a hole of zeros to the byte, also across pieces', () => {
    const bytes = new Uint8Array(65_536).fill(9);
    bytes.fill(0, 20_000, 25_001);
    bytes.fill(0, 40_000, 44_000);
    const { zeroRuns } = scan('I8', [256, 256], bytes, 4096);
    expect(zeroRuns).toEqual([{ start: 20_000, end: 25_001 }]);
  });

  it('gives equal bytes the same mark, however they are fed, and others another', () => {
    const bytes = q8Blocks(2048);
    const other = bytes.slice();
    other[512 * 34] = 3;
    expect(scan('Q8_0', [64, 1024], bytes).mark).toBe(scan('Q8_0', [64, 1024], bytes.slice()).mark);
    expect(scan('Q8_0', [64, 1024], other).mark).not.toBe(scan('Q8_0', [64, 1024], bytes).mark);
  });

  it('knows a tensor of zeros', () => {
    expect(scan('F32', [64, 64], new Uint8Array(16_384)).isZero).toBe(true);
  });
});
