import { describe, expect, it } from 'vitest';
import { shortestSingle } from '#src/text/shortest-single.ts';

describe('shortestSingle', () => {
  it('gives decimals back as they were written', () => {
    for (const written of [0.7, 0.6, 0.95, 0.05, 1, 20, 1.1, 0.8, 1e-5, 3.4e38]) {
      expect(shortestSingle(Math.fround(written))).toBe(written);
    }
  });

  it('keeps every F32 apart from its neighbours', () => {
    const bits = new Uint32Array(1);
    const single = new Float32Array(bits.buffer);
    for (let step = 0; step < 20_000; step++) {
      bits[0] = (step * 0x9e3779b9) >>> 0;
      const value = single[0] ?? 0;
      if (!Number.isFinite(value)) continue;
      expect(Math.fround(shortestSingle(value))).toBe(value);
    }
  });

  it('leaves what is no finite number, and the sign of zero', () => {
    expect(shortestSingle(Number.NaN)).toBeNaN();
    expect(shortestSingle(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(shortestSingle(-0)).toBe(-0);
  });
});
