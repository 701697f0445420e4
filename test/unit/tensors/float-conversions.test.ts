// Every half and every bfloat16, and the edges between them, against numpy and gguf-py (hashes in
// test/golden/convert/values.json, made by make-values.py there).
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import values from '#test/golden/convert/values.json' with { type: 'json' };
import {
  decodeBfloat16,
  encodeBfloat16,
  float32BitsToBfloat16Bits,
} from '#src/tensors/bfloat16.ts';
import {
  decodeFloat16,
  encodeFloat16,
  float16BitsToFloat32Bits,
  float32BitsToFloat16Bits,
} from '#src/tensors/float16.ts';

const allHalves = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, half) => half).buffer);

function hashOf(data: ArrayBufferView): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}

function decoded(decode: (source: Uint8Array, target: Float32Array) => void): Float32Array {
  const target = new Float32Array(65_536);
  decode(allHalves, target);
  return target;
}

function encoded(
  encode: (source: Float32Array, target: Uint8Array) => void,
  source: Float32Array,
): Uint8Array {
  const target = new Uint8Array(2 * source.length);
  encode(source, target);
  return target;
}

/** Each half as F32 with its neighbours, and the middle to the next half with its neighbours, as make-values.py lists them. */
function halfEdges(): Float32Array {
  const bits = Array.from({ length: 65_536 }, (_, half) => float16BitsToFloat32Bits(half));
  const middles = bits
    .slice(0, -1)
    .map((value, index) => value + Math.floor(((bits[index + 1] ?? 0) - value) / 2));
  const edges = [bits, middles].flatMap((list) =>
    [-1, 0, 1].flatMap((shift) => list.map((value) => (value + shift) >>> 0)),
  );
  return new Float32Array(Uint32Array.from(edges).buffer);
}

function brainEdges(): Float32Array {
  const lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];
  const edges = Uint32Array.from(
    { length: 65_536 * lower.length },
    (_, index) => (Math.floor(index / lower.length) << 16) | (lower[index % lower.length] ?? 0),
  );
  return new Float32Array(edges.buffer);
}

describe('float conversions', () => {
  it('decode all 65,536 halves as numpy does, NaN payloads included', () => {
    expect(hashOf(decoded(decodeFloat16))).toBe(values.floats.f16ToF32);
  });

  it('decode all 65,536 bfloat16 as gguf-py does', () => {
    expect(hashOf(decoded(decodeBfloat16))).toBe(values.floats.bf16ToF32);
  });

  it('give every half back', () => {
    const again = encoded(encodeFloat16, decoded(decodeFloat16));
    expect(Buffer.compare(again, allHalves)).toBe(0);
  });

  it('give every bfloat16 back, except that NaNs become quiet', () => {
    const again = new Uint16Array(encoded(encodeBfloat16, decoded(decodeBfloat16)).buffer);
    again.forEach((half, index) => {
      const isNan = (index & 0x7fff) > 0x7f80;
      if (half !== (isNan ? index | 0x40 : index)) expect(half).toBe(index);
    });
  });

  it('round between the formats as numpy does', () => {
    expect(hashOf(encoded(encodeFloat16, decoded(decodeBfloat16)))).toBe(values.floats.bf16ToF16);
    expect(hashOf(encoded(encodeBfloat16, decoded(decodeFloat16)))).toBe(values.floats.f16ToBf16);
  });

  it('round at and beside every tie as numpy does', () => {
    expect(hashOf(encoded(encodeFloat16, halfEdges()))).toBe(values.floats.edgesToF16);
    expect(hashOf(encoded(encodeBfloat16, halfEdges()))).toBe(values.floats.edgesToBf16);
    expect(hashOf(encoded(encodeFloat16, brainEdges()))).toBe(values.floats.brainEdgesToF16);
    expect(hashOf(encoded(encodeBfloat16, brainEdges()))).toBe(values.floats.brainEdgesToBf16);
  });

  it('read bytes that are not aligned', () => {
    const shifted = new Uint8Array(5);
    shifted.set([0x00, 0x3c, 0x00, 0xc0], 1);
    const target = new Float32Array(2);
    decodeFloat16(shifted.subarray(1), target);
    expect([...target]).toEqual([1, -2]);
    decodeBfloat16(shifted.subarray(1), target);
    expect([...target]).toEqual([0.0078125, -2]);
  });

  it('write into bytes that are not aligned', () => {
    const target = new Uint8Array(5);
    encodeFloat16(Float32Array.of(1, -2), target.subarray(1));
    expect([...target]).toEqual([0, 0x00, 0x3c, 0x00, 0xc0]);
  });

  it('turn what is too large into infinity and keep the sign of zero', () => {
    const bits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
    expect(float32BitsToFloat16Bits(bits(65_519))).toBe(0x7bff);
    expect(float32BitsToFloat16Bits(bits(65_520))).toBe(0x7c00);
    expect(float32BitsToFloat16Bits(bits(-1e30))).toBe(0xfc00);
    expect(float32BitsToFloat16Bits(bits(-0))).toBe(0x8000);
    expect(float32BitsToBfloat16Bits(bits(3.4e38))).toBe(0x7f80);
  });
});
