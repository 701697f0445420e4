// Makes and edits metadata entries. Editing has the semantics of gguf_set_val (ggml/src/gguf.cpp): a key that is there is
// removed first, and the new entry goes to the end; files are compared byte by byte, so the order matters.
import type { GgufEntry, GgufNumberType, GgufValue } from './types.ts';

const numberEntry =
  (type: GgufNumberType) =>
  (key: string, value: number): GgufEntry => ({ key, value: { type, value } });
const numberArrayEntry =
  (elementType: GgufNumberType) =>
  (key: string, value: ArrayLike<number>): GgufEntry => ({
    key,
    value: { type: 'array', elementType, value },
  });

export const uint8Entry = numberEntry('uint8');
export const int8Entry = numberEntry('int8');
export const uint16Entry = numberEntry('uint16');
export const int16Entry = numberEntry('int16');
export const uint32Entry = numberEntry('uint32');
export const int32Entry = numberEntry('int32');
export const float32Entry = numberEntry('float32');
export const float64Entry = numberEntry('float64');
export const uint8ArrayEntry = numberArrayEntry('uint8');
export const int8ArrayEntry = numberArrayEntry('int8');
export const uint16ArrayEntry = numberArrayEntry('uint16');
export const int16ArrayEntry = numberArrayEntry('int16');
export const uint32ArrayEntry = numberArrayEntry('uint32');
export const int32ArrayEntry = numberArrayEntry('int32');
export const float32ArrayEntry = numberArrayEntry('float32');
export const float64ArrayEntry = numberArrayEntry('float64');

export function uint64Entry(key: string, value: bigint): GgufEntry {
  return { key, value: { type: 'uint64', value } };
}

export function int64Entry(key: string, value: bigint): GgufEntry {
  return { key, value: { type: 'int64', value } };
}

export function boolEntry(key: string, value: boolean): GgufEntry {
  return { key, value: { type: 'bool', value } };
}

export function stringEntry(key: string, value: string): GgufEntry {
  return { key, value: { type: 'string', value } };
}

export function uint64ArrayEntry(key: string, value: ArrayLike<bigint>): GgufEntry {
  return { key, value: { type: 'array', elementType: 'uint64', value } };
}

export function int64ArrayEntry(key: string, value: ArrayLike<bigint>): GgufEntry {
  return { key, value: { type: 'array', elementType: 'int64', value } };
}

export function boolArrayEntry(key: string, value: readonly boolean[]): GgufEntry {
  return { key, value: { type: 'array', elementType: 'bool', value } };
}

export function stringArrayEntry(key: string, value: readonly string[]): GgufEntry {
  return { key, value: { type: 'array', elementType: 'string', value } };
}

/** gguf_set_val: the key's old entry goes, the new one is appended. */
export function withEntry(entries: readonly GgufEntry[], entry: GgufEntry): readonly GgufEntry[] {
  return [...withoutEntry(entries, entry.key), entry];
}

/** gguf_remove_key; entries without the key are returned as they are. */
export function withoutEntry(entries: readonly GgufEntry[], key: string): readonly GgufEntry[] {
  return entries.filter((entry) => entry.key !== key);
}

/** The value of a key, or undefined. */
export function entryValue(entries: readonly GgufEntry[], key: string): GgufValue | undefined {
  return entries.find((entry) => entry.key === key)?.value;
}

/** The value of a key that holds a string, or undefined when it is absent or of another type. */
export function entryString(entries: readonly GgufEntry[], key: string): string | undefined {
  const value = entryValue(entries, key);
  return value?.type === 'string' ? value.value : undefined;
}

/**
 * The value of a key that holds a number of any width, or undefined when it is absent or of another type.
 * 64-bit values beyond 2^53 lose precision; nothing that is read this way is that large.
 */
export function entryNumber(entries: readonly GgufEntry[], key: string): number | undefined {
  const value = entryValue(entries, key);
  if (value === undefined || value.type === 'string' || value.type === 'array') return undefined;
  return value.type === 'bool' ? undefined : Number(value.value);
}
