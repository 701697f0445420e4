// Reads single entries and tensor records of a header that may be damaged: what can be read is given, what is wrong with
// it beside it. Looking whether a place could be one of them never throws, but for NeedMoreBytes.
import { NeedMoreBytes, type ByteCursor } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8, decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import { readValue } from '#src/formats/gguf/read-value.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypeById, ggmlTypes } from '#src/tensors/ggml-types.ts';
import type { Fault, SurveyedEntry, SurveyedTensor } from './survey.ts';

export interface Unreadable {
  /** Without the file's name. */
  readonly problem: string;
  /** The file ends before what was expected does. */
  readonly runsOut: boolean;
  /** Key or name, when it could be read. */
  readonly name: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Piece<Content> =
  | { readonly content: Content; readonly faults: readonly Fault[] }
  | { readonly unreadable: Unreadable };

/** Reads an entry at the cursor, which stays where it was when the entry cannot be read. */
export function readEntry(cursor: ByteCursor, index: number): Piece<SurveyedEntry> {
  return attempt(cursor, (setName) => {
    const at = cursor.position;
    const length = cursor.length64(`the length of metadata key ${index}`);
    if (length === 0 || length > limits.ggufKeyBytes) {
      throw nonsense(`metadata key ${index} has ${length} bytes`, { length });
    }
    const bytes = cursor.take(length);
    const strict = decodeStrictUtf8(bytes);
    const key = strict ?? decodeUtf8(bytes);
    setName(key);
    const { value, encoded } = readValue(cursor, key);
    const size = cursor.position - at;
    const content = { index, at, size, key, value, ...(cursor.littleEndian ? { encoded } : {}) };
    const sound = strict !== undefined && !strict.includes('\0');
    const message = `metadata key ${index} is not valid UTF-8 text`;
    const fault: Fault = { kind: 'entry', message, at, size, name: key, details: { index } };
    return { content, faults: sound ? [] : [fault] };
  });
}

/** Reads a tensor record at the cursor, which stays where it was when the record cannot be read. */
export function readRecord(cursor: ByteCursor, index: number): Piece<SurveyedTensor> {
  return attempt(cursor, (setName) => {
    const at = cursor.position;
    const length = cursor.length64(`the name length of tensor ${index}`);
    if (length === 0 || length > limits.ggufKeyBytes) {
      throw nonsense(`the name of tensor ${index} has ${length} bytes`, { length });
    }
    const bytes = cursor.take(length);
    const strict = decodeStrictUtf8(bytes);
    const name = strict ?? decodeUtf8(bytes);
    setName(name);
    const dimensions = cursor.uint32();
    if (dimensions > limits.ggufDimensions) {
      throw nonsense(`the tensor "${short(name)}" has ${dimensions} dimensions`, { dimensions });
    }
    const shape = Array.from({ length: dimensions }, () => Number(cursor.uint64()));
    const typeId = cursor.uint32();
    const type = ggmlTypeById(typeId);
    const stored = cursor.uint64();
    const offset = stored > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(stored);
    const size = cursor.position - at;
    const byteLength = lengthOf(typeId, shape);
    const content = { index, name, shape, typeId, type, offset, byteLength, at, size };
    const fault = (kind: Fault['kind'], message: string, details: Fault['details']): Fault => ({
      kind,
      message,
      at,
      size,
      name,
      details,
    });
    const faults: Fault[] = [];
    if (strict === undefined || strict.includes('\0')) {
      faults.push(
        fault('tensor', `the name of tensor ${index} is not valid UTF-8 text`, { index }),
      );
    } else if (length > limits.ggufTensorNameBytes) {
      faults.push(fault('tensor', `the name of tensor ${index} has ${length} bytes; llama.cpp reads ${limits.ggufTensorNameBytes}`, { index, length })); // prettier-ignore
    }
    if (type === undefined) {
      faults.push(fault('tensor-type', `the tensor "${short(name)}" has the unknown type ${typeId}`, { typeId })); // prettier-ignore
    } else if (byteLength === undefined) {
      const { blockSize } = ggmlTypes[type];
      faults.push(fault('tensor-shape', `the tensor "${short(name)}" of type ${type} claims the shape ${shape.join(' x ')}${(shape[0] ?? 0) % blockSize === 0 ? '' : `, whose rows are no multiple of the block size ${blockSize}`}`, { shape, type })); // prettier-ignore
    }
    return { content, faults };
  });
}

/** Bytes of a tensor, or undefined where type and shape say nothing that a file could hold. */
export function lengthOf(typeId: number, shape: readonly number[]): number | undefined {
  const type = ggmlTypeById(typeId);
  if (type === undefined) return undefined;
  const { blockSize, bytesPerBlock } = ggmlTypes[type];
  const elements = shape.reduce((product, size) => product * size, 1);
  const bytes = (elements / blockSize) * bytesPerBlock;
  const sound = (shape[0] ?? 1) % blockSize === 0 && elements > 0 && Number.isSafeInteger(bytes);
  return sound ? bytes : undefined;
}

/** True when an entry with a name as real keys have it (`general.name`) lies at `position`. */
export function isEntryAt(cursor: ByteCursor, position: number): boolean {
  if (!hasNameAt(cursor, position, 256)) return false;
  return at(cursor, position, () => {
    const read = readEntry(cursor, 0);
    return 'content' in read && /^[\w-]+(\.[\w-]+)+$/.test(read.content.key);
  });
}

/** The record at `position`, when there is one that a file of this size could have. */
export function recordAt(cursor: ByteCursor, position: number): SurveyedTensor | undefined {
  if (!hasNameAt(cursor, position, limits.ggufTensorNameBytes)) return undefined;
  return at(cursor, position, () => {
    const read = readRecord(cursor, 0);
    if (!('content' in read) || read.faults.length > 0) return undefined;
    const { offset, byteLength = Infinity, shape } = read.content;
    const fits = shape.length > 0 && offset % 8 === 0 && offset <= cursor.size && byteLength <= cursor.size * 64; // prettier-ignore
    return fits ? read.content : undefined;
  });
}

/** A cheap look before anything is parsed: a length up to `longest` and that many printable bytes. */
function hasNameAt(
  { bytes, littleEndian }: ByteCursor,
  position: number,
  longest: number,
): boolean {
  const byteAt = (index: number) => bytes[position + index] ?? 1;
  const digit = (index: number) => byteAt(littleEndian ? index : 7 - index);
  for (let index = 2; index < 8; index++) if (digit(index) !== 0) return false;
  const length = digit(0) + 256 * digit(1);
  if (length < 3 || length > longest || position + 8 + length > bytes.length) return false;
  for (let index = 8; index < 8 + length; index++) {
    if (byteAt(index) < 0x21 || byteAt(index) > 0x7e) return false;
  }
  return true;
}

function at<Result>(cursor: ByteCursor, position: number, look: () => Result): Result {
  const before = cursor.position;
  cursor.position = position;
  try {
    return look();
  } finally {
    cursor.position = before;
  }
}

function attempt<Content>(
  cursor: ByteCursor,
  read: (setName: (name: string) => void) => Piece<Content>,
): Piece<Content> {
  const start = cursor.position;
  let name: string | undefined;
  try {
    return read((found) => {
      name = found;
    });
  } catch (error) {
    if (error instanceof NeedMoreBytes || !(error instanceof StudioError)) throw error;
    cursor.position = start;
    const problem = error.message.replace(`${cursor.label}: `, '').replace(/\.$/, '');
    const runsOut = error.code === 'format/truncated';
    return { unreadable: { problem, runsOut, name, details: error.details } };
  }
}

function nonsense(problem: string, details: Record<string, unknown>): StudioError {
  return new StudioError('gguf/invalid', `${problem}.`, { details });
}

export function short(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
