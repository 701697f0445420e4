// Metadata values as findings carry them (JSON) and as the header holds them.
import type { MetadataValue } from '#src/contract/doctor/finding.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  ggufValueTypes,
  type GgufEntry,
  type GgufNumberType,
  type GgufValue,
  type GgufValueType,
} from '#src/formats/gguf/types.ts';

/** An entry for the header. Throws `repair/impossible` for a value that its type cannot hold. */
export function entryOfFix(key: string, value: MetadataValue): GgufEntry {
  const type = typeNamed(key, value.type);
  if (type !== 'array') return { key, value: scalarOf(key, type, value.value) };
  const elementType = typeNamed(key, value.elementType ?? '');
  const list = value.value;
  if (!Array.isArray(list) || elementType === 'array') throw unfit(key, value.type);
  return { key, value: arrayOf(key, elementType, list) };
}

/** The same array with single elements changed. Throws `repair/impossible` outside the array. */
export function withElements(
  entry: GgufEntry,
  elements: readonly { readonly index: number; readonly value: string | number }[],
): GgufEntry {
  const { key, value } = entry;
  if (value.type !== 'array' || value.elementType === 'array') throw unfit(key, value.type);
  const list = Array.from(value.value as ArrayLike<string | number | boolean | bigint>);
  for (const { index, value: element } of elements) {
    if (index >= list.length) throw unfit(key, `${value.elementType} at ${index}`);
    list[index] = element;
  }
  // Numbers of 64 bits are text in a fix, as they are in a finding.
  const plain = list.map((element) => (typeof element === 'bigint' ? String(element) : element));
  return { key, value: arrayOf(key, value.elementType, plain) };
}

/** One line for people: `uint32 151643`, `151936 strings`. */
export function showValue(value: GgufValue | undefined): string {
  if (value === undefined) return 'absent';
  if (value.type !== 'array') return `${value.type} ${shorten(String(value.value))}`;
  const first = Array.from({ length: Math.min(4, value.value.length) }, (_, index) => showScalar(value.value[index])); // prettier-ignore
  const more = value.value.length > first.length ? ', …' : '';
  return `${value.value.length} × ${value.elementType} [${shorten(first.join(', '))}${more}]`;
}

/** An element as text; arrays inside arrays, which no model has, by their length. */
export function showScalar(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? 'an array' : `${value as number | bigint | boolean}`;
}

export function shorten(text: string, most = 200): string {
  const line = text.replaceAll('\n', '⏎');
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

function arrayOf(
  key: string,
  elementType: Exclude<GgufValueType, 'array'>,
  list: readonly (string | number | boolean)[],
): GgufValue {
  const scalars = list.map((element) => scalarOf(key, elementType, element).value);
  // Every element was made by its type's own rule just above.
  return { type: 'array', elementType, value: scalars } as unknown as GgufValue;
}

function scalarOf(
  key: string,
  type: Exclude<GgufValueType, 'array'>,
  value: MetadataValue['value'],
): Exclude<GgufValue, { type: 'array' }> {
  switch (type) {
    case 'string':
      if (typeof value === 'string') return { type, value };
      break;
    case 'bool':
      if (typeof value === 'boolean') return { type, value };
      break;
    case 'uint64':
    case 'int64': {
      const text = String(value);
      if (/^-?\d{1,20}$/.test(text)) return { type, value: BigInt(text) };
      break;
    }
    default:
      if (typeof value === 'number') return { type: type satisfies GgufNumberType, value };
  }
  throw unfit(key, type);
}

function typeNamed(key: string, name: string): GgufValueType {
  const type = ggufValueTypes.find((each) => each === name);
  if (type === undefined) throw unfit(key, name);
  return type;
}

function unfit(key: string, type: string): StudioError {
  return new StudioError(
    'repair/impossible',
    `The fix for "${key}" does not fit its type, ${type}.`,
  );
}
