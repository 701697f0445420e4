// The tolerant reader: goes through a header like the strict one, but notes what is wrong and goes on. Where an entry or a
// record cannot be read, it looks for the next place at which several of them follow each other: a length that is wrong by
// one bit loses one entry, not all of them. Counts are proven by what is there.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { ByteCursor, NeedMoreBytes } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { padTo, defaultAlignment } from '#src/formats/gguf/check-layout.ts';
import { bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import {
  isEntryAt,
  readEntry,
  readRecord,
  recordAt,
  short,
  type Unreadable,
} from './read-pieces.ts';
import type { Fault, FaultKind, Survey, SurveyedEntry, SurveyedTensor } from './survey.ts';

/** Vocabularies of most models end below; the buffer doubles where they do not. */
const firstLength = 4 << 20;
/** How far behind an unreadable entry the next one is looked for: more than any vocabulary takes. */
const searchBytes = 48 << 20;
/** How far behind an unreadable tensor record the next one is looked for: records have below 200 bytes. */
const recordSearchBytes = 4096;

/** Reads what can be read of a file that starts with the magic of GGUF. Throws only what reading throws (`io/failed`). */
export async function readSurvey(source: ByteSource): Promise<Survey> {
  const readable = Math.min(source.size, limits.ggufHeaderBytes);
  let length = Math.min(readable, firstLength);
  for (;;) {
    const bytes = await readBytes(source, 0, length);
    try {
      // Where a header would be longer than any real one, the file ends for this reader.
      return { ...surveyOf(bytes, readable, source.label), bytes: source.size };
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
      length = Math.min(readable, Math.max(2 * length, error.byteCount));
    }
  }
}

interface Progress {
  readonly cursor: ByteCursor;
  readonly claimed: { readonly entries: number; readonly tensors: number };
  readonly entries: SurveyedEntry[];
  readonly tensors: SurveyedTensor[];
  readonly faults: Fault[];
}

function surveyOf(bytes: Uint8Array, size: number, label: string): Survey {
  const littleEndian = !isBigEndian(bytes);
  const cursor = new ByteCursor(bytes, 0, size, label, littleEndian);
  const faults: Fault[] = [];
  const base = { bytes: size, byteOrder: littleEndian ? 'little' : 'big', faults } as const;
  const none = { metadataEnd: undefined, headerEnd: undefined, dataOffset: undefined };
  if (size < 24) {
    faults.push(faultOf('truncated', `the file ends after ${size} bytes, inside the first fields of the header`, 0, size)); // prettier-ignore
    return { ...base, ...none, version: 0, claimed: { entries: 0, tensors: 0 }, entries: [], tensors: [], alignment: defaultAlignment }; // prettier-ignore
  }
  cursor.position = 4;
  const version = cursor.uint32();
  const tensorCount = Number(cursor.uint64());
  const entryCount = Number(cursor.uint64());
  if (version !== 2 && version !== 3) {
    faults.push(
      faultOf('version', `the version is ${version}; 2 and 3 are read`, 4, 4, { version }),
    );
  }
  const progress: Progress = {
    cursor,
    claimed: { entries: entryCount, tensors: tensorCount },
    entries: [],
    tensors: [],
    faults,
  };
  const metadataEnd = readMetadata(progress);
  noteTwice(progress.entries, 'entry-twice', faults, (entry) => entry.key, 'metadata key');
  const alignment = alignmentOf(progress);
  const headerEnd = metadataEnd === undefined ? undefined : readRecords(progress, alignment);
  noteTwice(progress.tensors, 'tensor-twice', faults, (tensor) => tensor.name, 'tensor name');
  const dataOffset =
    headerEnd === undefined || progress.tensors.length === 0
      ? headerEnd
      : padTo(headerEnd, alignment);
  const { claimed, entries, tensors } = progress;
  return {
    ...base,
    version,
    claimed,
    entries,
    tensors,
    alignment,
    metadataEnd,
    headerEnd,
    dataOffset,
  };
}

/** A big-endian file has its small version in the other half (gguf.cpp makes the same guess). */
export function isBigEndian(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  return version !== 0 && (version & 0xffff) === 0;
}

/** Gives where the metadata ends; the cursor is there. Undefined when nobody can say. */
function readMetadata(progress: Progress): number | undefined {
  const { cursor, claimed, entries, faults } = progress;
  /** Entries were lost: their count says no more where the metadata ends. */
  let counted = true;
  for (;;) {
    const at = cursor.position;
    if (counted ? entries.length >= claimed.entries : isListAt(progress, at)) break;
    const read = readEntry(cursor, entries.length);
    if ('content' in read) {
      entries.push(read.content);
      faults.push(...read.faults);
      continue;
    }
    const list = counted ? listInsideEntries(progress, at) : undefined;
    if (list !== undefined) return endMetadataAt(progress, list);
    const next = findNext(progress, at + 1);
    faults.push(metadataFault(progress, at, next?.at, read.unreadable));
    if (next === undefined) return undefined;
    cursor.position = next.at;
    if (next.isList) return next.at;
    counted = false;
  }
  // One entry too many may look like an entry, because a record begins like one.
  if (counted && claimed.tensors > 0 && !isListAt(progress, cursor.position)) {
    const list = listInsideEntries(progress, cursor.position);
    if (list !== undefined) return endMetadataAt(progress, list);
  }
  // The count may also be too small: then entries go on where records should begin.
  const end = cursor.position;
  if (
    counted &&
    claimed.tensors > 0 &&
    recordAt(cursor, end) === undefined &&
    isEntryAt(cursor, end)
  ) {
    // prettier-ignore
    const found = entries.length;
    while (!isListAt(progress, cursor.position)) {
      const read = readEntry(cursor, entries.length);
      if (!('content' in read)) {
        entries.length = found;
        cursor.position = end;
        return end;
      }
      entries.push(read.content);
    }
    faults.push(countFault('metadata entries', claimed.entries, entries.length, 16));
  }
  return cursor.position;
}

/** Fewer entries are there than the header claims: the records begin at `list`. */
function endMetadataAt({ cursor, claimed, entries, faults }: Progress, list: number): number {
  const real = faults.filter(({ at }) => at < list);
  faults.splice(0, faults.length, ...real);
  faults.push(countFault('metadata entries', claimed.entries, entries.length, 16));
  cursor.position = list;
  return list;
}

function metadataFault(
  { cursor, entries }: Progress,
  at: number,
  next: number | undefined,
  { problem, runsOut, name, details }: Unreadable,
): Fault {
  const before = entries.at(-1)?.key;
  if (next === undefined && runsOut) {
    return {
      kind: 'truncated',
      message: `the file ends inside its metadata, in entry ${entries.length}${name === undefined ? '' : ` ("${short(name)}")`}`,
      at,
      size: cursor.size - at,
      name,
      details: { ...details, entry: entries.length },
    };
  }
  return {
    kind: 'entry',
    message: problem,
    at,
    size: (next ?? cursor.size) - at,
    name,
    details: {
      ...details,
      entry: entries.length,
      ...(before === undefined ? {} : { after: before }),
      continued: next !== undefined,
    },
  };
}

/** The count of entries was too large: the tensor records were read as entries. */
function listInsideEntries(progress: Progress, at: number): number | undefined {
  const { entries } = progress;
  if (isListAt(progress, at)) return at;
  for (let index = entries.length - 1; index >= Math.max(0, entries.length - 8); index--) {
    const start = entries[index]?.at ?? 0;
    if (!isListAt(progress, start)) continue;
    entries.length = index;
    return start;
  }
  return undefined;
}

/** True when tensor records begin at `position`: up to three in a row, the first with offset 0. */
function isListAt({ cursor, claimed }: Progress, position: number): boolean {
  let at = position;
  for (let index = 0; index < Math.min(3, Math.max(1, claimed.tensors)); index++) {
    const record = recordAt(cursor, at);
    if (record === undefined) return false;
    // One offset may be damaged, but not the first two.
    if (index === 0 && record.offset !== 0 && recordAt(cursor, at + record.size) === undefined) return false; // prettier-ignore
    at += record.size;
  }
  return true;
}

/** The next place at which two entries follow each other, or the tensor records begin. */
function findNext(progress: Progress, from: number): { at: number; isList: boolean } | undefined {
  const { cursor } = progress;
  const end = Math.min(cursor.size, from + searchBytes);
  // All of the stretch is looked at.
  if (end > cursor.bytes.length) throw new NeedMoreBytes(end);
  for (let at = from; at < end; at++) {
    if (cursor.bytes[cursor.littleEndian ? at + 7 : at] !== 0) continue;
    if (isListAt(progress, at)) return { at, isList: true };
    if (!isEntryAt(cursor, at)) continue;
    const behind = endOfEntry(cursor, at);
    if (isEntryAt(cursor, behind) || isListAt(progress, behind)) return { at, isList: false };
  }
  return undefined;
}

function endOfEntry(cursor: ByteCursor, at: number): number {
  const before = cursor.position;
  cursor.position = at;
  readEntry(cursor, 0);
  const end = cursor.position;
  cursor.position = before;
  return end;
}

/** Gives where the records end; undefined when nobody can say. */
function readRecords(progress: Progress, alignment: number): number | undefined {
  const { cursor, claimed, tensors, faults } = progress;
  let lost = 0;
  while (tensors.length + lost < claimed.tensors) {
    const at = cursor.position;
    const index = tensors.length + lost;
    const read = readRecord(cursor, index);
    if ('content' in read) {
      tensors.push(read.content);
      faults.push(...read.faults);
      continue;
    }
    const next = findRecord(cursor, at + 1);
    if (next === undefined && lost === 0 && endsHere(progress, alignment)) {
      faults.push(countFault('tensors', claimed.tensors, tensors.length, 8));
      return at;
    }
    const { problem, runsOut, name, details } = read.unreadable;
    if (next === undefined && runsOut) {
      const message = `the file ends inside its list of tensors, in record ${index} of ${claimed.tensors}`;
      faults.push({ kind: 'truncated', message, at, size: cursor.size - at, name, details });
      return undefined;
    }
    const size = (next ?? at + 24) - at;
    faults.push({
      kind: 'tensor',
      message: problem,
      at,
      size,
      name,
      details: { ...details, index },
    });
    if (next === undefined) return undefined;
    cursor.position = next;
    lost++;
  }
  readUncounted(progress, alignment);
  return cursor.position;
}

/** Records that follow behind the claimed ones: proven by their offsets, which go on where the last one ends. */
function readUncounted({ cursor, claimed, tensors, faults }: Progress, alignment: number): void {
  const before = tensors.length;
  for (;;) {
    const last = tensors.at(-1);
    const expected = last?.byteLength === undefined ? 0 : padTo(last.offset + last.byteLength, alignment); // prettier-ignore
    const record = recordAt(cursor, cursor.position);
    if (record === undefined || record.offset !== expected) break;
    tensors.push({ ...record, index: tensors.length });
    cursor.position += record.size;
  }
  if (tensors.length > before) faults.push(countFault('tensors', claimed.tensors, tensors.length, 8)); // prettier-ignore
}

/** True when the records that were read are all there are: their data fills the file. */
function endsHere({ cursor, entries, tensors }: Progress, alignment: number): boolean {
  const last = tensors.at(-1);
  if (last?.byteLength === undefined) return false;
  const end = padTo(cursor.position, alignment) + last.offset + last.byteLength;
  const adapters = entries.find(({ key }) => key === bundleKeys.offsets)?.value;
  const isBundle = adapters?.type === 'array' && adapters.elementType === 'uint64';
  const dataEnd = isBundle ? Number(adapters.value[0] ?? cursor.size) : cursor.size;
  return end <= dataEnd && dataEnd - end < alignment;
}

function findRecord(cursor: ByteCursor, from: number): number | undefined {
  const end = Math.min(cursor.size, from + recordSearchBytes);
  if (end > cursor.bytes.length) throw new NeedMoreBytes(end);
  for (let at = from; at < end; at++) if (recordAt(cursor, at) !== undefined) return at;
  return undefined;
}

function alignmentOf({ entries, faults }: Progress): number {
  const entry = entries.find(({ key }) => key === 'general.alignment');
  if (entry === undefined) return defaultAlignment;
  const { value, at, size } = entry;
  const number = value.type === 'uint32' ? value.value : Number.NaN;
  if (Number.isInteger(Math.log2(number)) && number <= limits.ggufAlignment) return number;
  const message =
    value.type === 'uint32'
      ? `"general.alignment" is ${number}, not a power of two up to ${limits.ggufAlignment}`
      : `"general.alignment" is of type ${value.type}, not uint32`;
  const shown = value.type === 'array' ? 'array' : String(value.value);
  const details = { value: shown, valueType: value.type };
  faults.push({ kind: 'alignment', message, at, size, name: entry.key, details });
  return defaultAlignment;
}

function noteTwice<Item extends { readonly at: number; readonly size: number }>(
  items: readonly Item[],
  kind: FaultKind,
  faults: Fault[],
  nameOf: (item: Item) => string,
  what: string,
): void {
  const first = new Map<string, Item>();
  for (const item of items) {
    const name = nameOf(item);
    const other = first.get(name);
    if (other === undefined) first.set(name, item);
    else {
      const message = `the ${what} "${short(name)}" appears twice`;
      const { at, size } = item;
      faults.push({ kind, message, at, size, name, details: { first: other.at, second: at } });
    }
  }
}

function countFault(what: string, claimed: number, found: number, at: number): Fault {
  const message = `the header claims ${claimed} ${what}, but ${found} are there`;
  return faultOf('counts', message, at, 8, { what, claimed, found });
}

function faultOf(
  kind: FaultKind,
  message: string,
  at: number,
  size: number,
  details: Fault['details'] = {},
): Fault {
  return { kind, message, at, size, name: undefined, details };
}
