// Encodes one metadata value: its type, then its own bytes where the entry was read from a file, else the value.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import {
  ggufValueTypes,
  type GgufArray,
  type GgufEntry,
  type GgufNumberType,
  type GgufValue,
  type GgufValueType,
} from './types.ts';

/** Inclusive bounds of the integer types. */
const integerBounds = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
} as const satisfies Record<
  Exclude<GgufNumberType, 'float32' | 'float64'>,
  readonly [number, number]
>;

/** Writes the value type and the value of an entry. Throws `gguf/invalid` when a number does not fit its type. */
export function writeValue(writer: ByteWriter, entry: GgufEntry): void {
  writer.uint32(typeId(entry.value.type));
  if (entry.encoded !== undefined) writer.raw(entry.encoded);
  else if (entry.value.type === 'array') writeArray(writer, entry.key, entry.value);
  else writeScalar(writer, entry.key, entry.value);
}

function typeId(type: GgufValueType): number {
  return ggufValueTypes.indexOf(type);
}

function writeScalar(writer: ByteWriter, key: string, value: Exclude<GgufValue, GgufArray>): void {
  switch (value.type) {
    case 'string':
      return writer.text(value.value);
    case 'bool':
      return writer.uint8(value.value ? 1 : 0);
    case 'uint64':
    case 'int64':
      return writeBigint(writer, key, value.type, value.value);
    default:
      return writeNumber(writer, key, value.type, value.value);
  }
}

function writeArray(writer: ByteWriter, key: string, array: GgufArray): void {
  writer.uint32(typeId(array.elementType));
  writer.uint64(BigInt(array.value.length));
  switch (array.elementType) {
    case 'string':
      for (const text of array.value) writer.text(text);
      return;
    case 'bool':
      for (const flag of array.value) writer.uint8(flag ? 1 : 0);
      return;
    case 'array':
      throw refused(key, 'is an array of arrays, which llama.cpp does not read');
    case 'uint64':
    case 'int64':
      for (let index = 0; index < array.value.length; index++) {
        writeBigint(writer, key, array.elementType, array.value[index] ?? 0n);
      }
      return;
    default:
      for (let index = 0; index < array.value.length; index++) {
        writeNumber(writer, key, array.elementType, array.value[index] ?? 0);
      }
  }
}

function writeNumber(writer: ByteWriter, key: string, type: GgufNumberType, value: number): void {
  if (type === 'float32') return writer.float32(value);
  if (type === 'float64') return writer.float64(value);
  const [least, most] = integerBounds[type];
  if (!Number.isInteger(value) || value < least || value > most) {
    throw refused(key, `is ${value}, which does not fit the type ${type}`);
  }
  // The unsigned setters wrap negative numbers to their two's complement.
  if (type === 'uint8' || type === 'int8') writer.uint8(value);
  else if (type === 'uint16' || type === 'int16') writer.uint16(value);
  else writer.uint32(value);
}

function writeBigint(
  writer: ByteWriter,
  key: string,
  type: 'uint64' | 'int64',
  value: bigint,
): void {
  const fitting = type === 'uint64' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
  if (fitting !== value) throw refused(key, `is ${value}, which does not fit the type ${type}`);
  writer.uint64(value);
}

function refused(key: string, problem: string): StudioError {
  return new StudioError('gguf/invalid', `The metadata key "${key}" ${problem}.`, {
    details: { key },
  });
}
