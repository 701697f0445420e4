// Protobuf's wire format, as much of it as SentencePiece models use: https://protobuf.dev/programming-guides/encoding/
// Lengths come from the file and are checked against what is left before they are used.
import { StudioError } from '#src/errors/studio-error.ts';

export interface WireField {
  readonly number: number;
  /** Of varints (wire type 0). */
  readonly value?: bigint;
  /** Of length-delimited fields (2) and fixed-size ones (1: eight bytes, 5: four). A view, not a copy. */
  readonly bytes?: Uint8Array;
}

/** The fields of one message, in file order. */
export function* readFields(bytes: Uint8Array, label: string): Generator<WireField> {
  let offset = 0;

  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset];
      if (byte === undefined) throw truncated(label);
      offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw invalid(label, 'a number is longer than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.byteLength - offset) throw truncated(label);
    offset += length;
    return bytes.subarray(offset - length, offset);
  };

  while (offset < bytes.byteLength) {
    const tag = readVarint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 2 ** 29 - 1) throw invalid(label, `field number ${number}`);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, value: readVarint() };
        break;
      case 1:
        yield { number, bytes: take(8) };
        break;
      case 2:
        yield { number, bytes: take(Number(readVarint())) };
        break;
      case 5:
        yield { number, bytes: take(4) };
        break;
      default:
        throw invalid(label, `wire type ${Number(tag & 7n)}`);
    }
  }
}

export function readString(field: WireField, label: string): string {
  if (field.bytes === undefined) throw invalid(label, `field ${field.number} is not a string`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(field.bytes);
  } catch {
    throw invalid(label, `field ${field.number} is not UTF-8 text`);
  }
}

export function readFloat32(field: WireField, label: string): number {
  if (field.bytes?.byteLength !== 4) throw invalid(label, `field ${field.number} is not a float`);
  return new DataView(field.bytes.buffer, field.bytes.byteOffset, 4).getFloat32(0, true);
}

function invalid(label: string, what: string): StudioError {
  return new StudioError(
    'huggingface/invalid',
    `${label} is not a SentencePiece model: ${what} where a protobuf field was expected.`,
  );
}

function truncated(label: string): StudioError {
  return new StudioError('format/truncated', `${label} ends inside a field.`, {
    hint: 'The download or copy is probably incomplete: fetch the file again.',
  });
}
