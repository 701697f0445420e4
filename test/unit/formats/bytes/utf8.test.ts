import { describe, expect, it } from 'vitest';
import { compareCodePoints, decodeStrictUtf8, decodeUtf8 } from '#src/formats/bytes/utf8.ts';

describe('UTF-8', () => {
  it('is decoded leniently or not at all', () => {
    expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
    expect(decodeStrictUtf8(Uint8Array.of(0x61, 0xff, 0x62))).toBeUndefined();
    expect(decodeStrictUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it('sorts by code point, as Python does', () => {
    const sorted = [
      '',
      'B',
      'a',
      'a\0',
      'aa',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ];
    for (const [index, left] of sorted.entries()) {
      for (const [other, right] of sorted.entries()) {
        expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(index - other));
      }
    }
    expect(Math.sign(compareCodePoints('\u{1f30d}a', '\u{1f30d}b'))).toBe(-1);
  });
});
