// Reads one metadata value of a GGUF header. Nested arrays, which the format allows and no llama.cpp release reads, are refused.
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import { invalidGguf, shortKey } from './invalid-gguf.ts';
import { readStringArray, readStringBytes } from './read-strings.ts';
import {
  ggufValueTypes,
  type GgufArray,
  type GgufNumberType,
  type GgufValue,
  type GgufValueType,
} from './types.ts';

/** Bytes of one element of each type with a fixed size. */
export const ggufElementBytes = {
  uint8: 1, int8: 1, bool: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, uint64: 8, int64: 8, float64: 8,
} as const satisfies Record<Exclude<GgufValueType, 'string' | 'array'>, number>; // prettier-ignore

/** Reads the value type and the value; `key` is for messages. */
export function readValue(
  cursor: ByteCursor,
  key: string,
): { value: GgufValue; encoded: Uint8Array } {
  const type = readType(cursor, key);
  const start = cursor.position;
  const value = type === 'array' ? readArray(cursor, key) : readScalar(cursor, type, key);
  return { value, encoded: cursor.bytes.subarray(start, cursor.position) };
}

function readType(cursor: ByteCursor, key: string): GgufValueType {
  const id = cursor.uint32();
  const type = ggufValueTypes[id];
  if (type === undefined) {
    throw invalidGguf(cursor.label, `the key "${shortKey(key)}" has the unknown value type ${id}`, {
      details: { key, valueType: id },
    });
  }
  return type;
}

function readScalar(
  cursor: ByteCursor,
  type: Exclude<GgufValueType, 'array'>,
  key: string,
): GgufValue {
  switch (type) {
    case 'string':
      return {
        type,
        value: decodeUtf8(readStringBytes(cursor, `the value of "${shortKey(key)}"`)),
      };
    case 'bool':
      return { type, value: cursor.int8() !== 0 };
    case 'uint64':
    case 'int64':
      return { type, value: cursor[type]() };
    default:
      return { type, value: cursor[type]() };
  }
}

function readArray(cursor: ByteCursor, key: string): GgufArray {
  const elementType = readType(cursor, key);
  const count = cursor.length64(`the element count of "${shortKey(key)}"`);
  if (elementType === 'array') {
    throw invalidGguf(
      cursor.label,
      `the key "${shortKey(key)}" is an array of arrays, which llama.cpp refuses`,
      {
        details: { key },
      },
    );
  }
  if ((elementType === 'string' || elementType === 'bool') && count > limits.ggufArrayStrings) {
    throw invalidGguf(
      cursor.label,
      `the array "${shortKey(key)}" claims ${count} elements; at most ${limits.ggufArrayStrings} are read`,
      { code: 'format/limit', details: { key, count, limit: limits.ggufArrayStrings } },
    );
  }
  if (elementType === 'string') {
    // Each string needs at least its length field: refuses impossible counts before anything is allocated.
    cursor.require(count * 8);
    return readStringArray(cursor, count, `a string of "${shortKey(key)}"`);
  }
  const stored = cursor.take(count * ggufElementBytes[elementType]);
  const raw = cursor.littleEndian ? stored : swapped(stored, ggufElementBytes[elementType]);
  switch (elementType) {
    case 'bool':
      return { type: 'array', elementType, value: Array.from(raw, (byte) => byte !== 0) };
    case 'uint64':
    case 'int64':
      return { type: 'array', elementType, value: readBigints(raw, elementType) };
    default:
      return { type: 'array', elementType, value: readNumbers(raw, elementType) };
  }
}

/** A copy with the bytes of every element turned around: of a file for big-endian machines. */
function swapped(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; elementBytes > 1 && at < copy.length; at += elementBytes) {
    copy.subarray(at, at + elementBytes).reverse();
  }
  return copy;
}

/** Typed arrays have the machine's byte order; every platform that Node runs our native part on is little-endian. */
function readNumbers(raw: Uint8Array, type: GgufNumberType): ArrayLike<number> {
  const { buffer } = raw.slice();
  switch (type) {
    case 'uint8': return new Uint8Array(buffer); // prettier-ignore
    case 'int8': return new Int8Array(buffer); // prettier-ignore
    case 'uint16': return new Uint16Array(buffer); // prettier-ignore
    case 'int16': return new Int16Array(buffer); // prettier-ignore
    case 'uint32': return new Uint32Array(buffer); // prettier-ignore
    case 'int32': return new Int32Array(buffer); // prettier-ignore
    case 'float32': return new Float32Array(buffer); // prettier-ignore
    case 'float64': return new Float64Array(buffer); // prettier-ignore
  }
}

function readBigints(raw: Uint8Array, type: 'uint64' | 'int64'): ArrayLike<bigint> {
  const { buffer } = raw.slice();
  return type === 'uint64' ? new BigUint64Array(buffer) : new BigInt64Array(buffer);
}
