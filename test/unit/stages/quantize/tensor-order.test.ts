import { describe, expect, it } from 'vitest';
import { compareTensorNames, inTensorOrder, layerOf } from '#src/stages/quantize/tensor-order.ts';

describe('the order of tensors', () => {
  it('puts tensors outside layers first, then layers by number', () => {
    const names = ['blk.10.a', 'output.weight', 'blk.2.b', 'blk.2.a', 'blk.0.z', 'a'];
    expect(inTensorOrder(names.map((name) => ({ name }))).map(({ name }) => name)).toEqual([
      'a',
      'output.weight',
      'blk.0.z',
      'blk.2.a',
      'blk.2.b',
      'blk.10.a',
    ]);
  });

  it.each([
    ['blk.7.attn_q.weight', 7],
    ['blk.7', 7],
    ['blk. 7.x', 7],
    ['blk.x.weight', -1],
    ['enc.blk.7.x', -1],
    ['token_embd.weight', -1],
  ])('reads the layer of %j as sscanf does', (name, layer) => {
    expect(layerOf(name)).toBe(layer);
  });

  it('compares bytes, not UTF-16 units', () => {
    // U+FFFD is 3 bytes from 0xef, U+1F600 is 4 bytes from 0xf0, but its first UTF-16 unit is smaller.
    expect(compareTensorNames('\ufffd', '\u{1f600}')).toBeLessThan(0);
    expect(compareTensorNames('Z', 'a')).toBeLessThan(0);
    expect(compareTensorNames('a', 'ab')).toBeLessThan(0);
    expect(compareTensorNames('same', 'same')).toBe(0);
  });
});
