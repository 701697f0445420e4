// Metadata values in the form of a fix (src/contract/doctor/finding.ts): JSON, 64-bit numbers as decimal text.
import type { Fix, MetadataValue } from '#src/contract/doctor/finding.ts';
import type { GgufValue } from '#src/formats/gguf/types.ts';

/** Undefined for arrays of arrays and for numbers that JSON cannot hold. */
export function fixValueOf(value: GgufValue): MetadataValue | undefined {
  if (value.type !== 'array') {
    if (value.type === 'uint64' || value.type === 'int64') {
      return { type: value.type, value: value.value.toString() };
    }
    if (typeof value.value === 'number' && !Number.isFinite(value.value)) return undefined;
    return { type: value.type, value: value.value as string | number | boolean };
  }
  if (value.elementType === 'array') return undefined;
  const elements = Array.from<string | number | boolean | bigint>(value.value);
  return {
    type: 'array',
    elementType: value.elementType,
    value: elements.map((element) => (typeof element === 'bigint' ? element.toString() : element)),
  };
}

/** Sets an entry to another's value; undefined when it cannot be written down. */
export function copyFix(key: string, value: GgufValue | undefined): Fix | undefined {
  const fixed = value === undefined ? undefined : fixValueOf(value);
  return fixed === undefined ? undefined : { kind: 'set-metadata', key, value: fixed };
}

export function numberFix(key: string, type: 'uint32' | 'float32', value: number): Fix {
  return { kind: 'set-metadata', key, value: { type, value } };
}

export function textFix(key: string, value: string): Fix {
  return { kind: 'set-metadata', key, value: { type: 'string', value } };
}
