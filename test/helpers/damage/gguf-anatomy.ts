// Where everything of a sound GGUF lies, byte by byte, so that a damage can hit one field; and the file put together again
// with other entries, records or data. A second, plain implementation: it shares nothing with the readers under test but
// the tables of types.
import { ggmlTypeById, tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';

export interface EntryPlace {
  readonly key: string;
  /** Of the key's length, where the entry begins. */
  readonly at: number;
  /** Of the value's type number. */
  readonly typeAt: number;
  readonly valueAt: number;
  readonly end: number;
}

export interface RecordPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgmlType;
  /** Of the name's length, where the record begins. */
  readonly at: number;
  readonly shapeAt: number;
  readonly typeAt: number;
  /** Of the field that holds the data's offset. */
  readonly offsetAt: number;
  readonly end: number;
  /** Of the data, from the file's start. */
  readonly data: number;
  readonly size: number;
}

export interface Anatomy {
  readonly entries: readonly EntryPlace[];
  readonly records: readonly RecordPlace[];
  readonly dataOffset: number;
  /** Behind the last tensor's padding. */
  readonly end: number;
}

export const versionAt = 4;
export const tensorCountAt = 8;
export const entryCountAt = 16;

const sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const stringType = 8;
const arrayType = 9;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Takes a little-endian v3 file with an alignment of 32 apart. */
export function anatomyOf(bytes: Uint8Array): Anatomy {
  const view = viewOf(bytes);
  const length = (at: number) => Number(view.getBigUint64(at, true));
  const text = (at: number) =>
    new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length(at)));
  const endOfValue = (type: number, at: number): number => {
    if (type === stringType) return at + 8 + length(at);
    if (type !== arrayType) return at + (sizes[type] ?? NaN);
    const elementType = view.getUint32(at, true);
    const count = length(at + 4);
    if (elementType !== stringType) return at + 12 + count * (sizes[elementType] ?? NaN);
    let end = at + 12;
    for (let index = 0; index < count; index++) end += 8 + length(end);
    return end;
  };
  let at = 24;
  const entries = Array.from({ length: length(entryCountAt) }, (): EntryPlace => {
    const typeAt = at + 8 + length(at);
    const end = endOfValue(view.getUint32(typeAt, true), typeAt + 4);
    const place = { key: text(at), at, typeAt, valueAt: typeAt + 4, end };
    at = end;
    return place;
  });
  const raw = Array.from({ length: length(tensorCountAt) }, () => {
    const shapeAt = at + 8 + length(at) + 4;
    const dimensions = view.getUint32(shapeAt - 4, true);
    const shape = Array.from({ length: dimensions }, (_, index) => length(shapeAt + 8 * index));
    const typeAt = shapeAt + 8 * dimensions;
    const type = ggmlTypeById(view.getUint32(typeAt, true));
    if (type === undefined) throw new Error(`${text(at)}: unknown type`);
    const place = { name: text(at), shape, type, at, shapeAt, typeAt, offsetAt: typeAt + 4, end: typeAt + 12 }; // prettier-ignore
    at = place.end;
    return place;
  });
  const dataOffset = raw.length === 0 ? at : padded(at);
  const records = raw.map((record) => ({
    ...record,
    data: dataOffset + length(record.offsetAt),
    size: tensorByteLength(record.type, record.shape),
  }));
  const end = records.reduce((most, { data, size }) => Math.max(most, padded(data + size)), at);
  return { entries, records, dataOffset, end };
}

export function padded(size: number, alignment = 32): number {
  return Math.ceil(size / alignment) * alignment;
}

export function entryOf(bytes: Uint8Array, key: string): EntryPlace {
  const found = anatomyOf(bytes).entries.find((entry) => entry.key === key);
  if (found === undefined) throw new Error(`No entry ${key}`);
  return found;
}

export function recordOf(bytes: Uint8Array, name: string): RecordPlace {
  const found = anatomyOf(bytes).records.find((record) => record.name === name);
  if (found === undefined) throw new Error(`No tensor ${name}`);
  return found;
}
