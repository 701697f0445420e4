// Lists the entries of a zip archive (PyTorch's files since 1.6) and finds where stored ones lie. Only what torch.save
// writes is read: stored, unencrypted entries, zip64 where needed. Format: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidPickle } from './invalid-pickle.ts';

export interface ZipEntry {
  readonly name: string;
  /** 0 is stored. */
  readonly method: number;
  readonly size: number;
  readonly headerOffset: number;
}

const endSignature = 0x0605_4b50;
const zip64EndSignature = 0x0606_4b50;
const zip64LocatorSignature = 0x0706_4b50;
const entrySignature = 0x0201_4b50;
const localSignature = 0x0403_4b50;
const endLength = 22;

/** Reads the central directory: entries by name. Throws `pickle/invalid` and `format/limit`. */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { entryCount, directoryOffset, directoryLength } = await findDirectory(source);
  if (entryCount > limits.zipEntries || directoryLength > limits.zipDirectoryBytes) {
    throw new StudioError(
      'format/limit',
      `${source.label}: the zip archive claims ${entryCount} entries in ${directoryLength} bytes; at most ${limits.zipEntries} are read.`,
    );
  }
  const bytes = await readBytes(source, directoryOffset, directoryLength);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let position = 0;
  for (let index = 0; index < entryCount; index++) {
    const fits = (length: number) => position + length <= bytes.length;
    if (!fits(46) || view.getUint32(position, true) !== entrySignature)
      throw brokenDirectory(source);
    const nameLength = view.getUint16(position + 28, true);
    const extraLength = view.getUint16(position + 30, true);
    const commentLength = view.getUint16(position + 32, true);
    const length = 46 + nameLength + extraLength + commentLength;
    if (!fits(length)) throw brokenDirectory(source);
    const entry = readEntry(
      source,
      bytes.subarray(position, position + length),
      nameLength,
      extraLength,
    );
    if (entries.has(entry.name)) {
      throw invalidPickle(source.label, `the zip archive has two entries named "${entry.name}"`);
    }
    entries.set(entry.name, entry);
    position += length;
  }
  return entries;
}

/** File offset of a stored entry's data, all of which lies in the file. */
export async function dataOffsetOf(source: ByteSource, entry: ZipEntry): Promise<number> {
  if (entry.method !== 0) {
    throw invalidPickle(
      source.label,
      `the zip entry "${entry.name}" is compressed, which torch.save never does`,
    );
  }
  const view = viewOf(await readBytes(source, entry.headerOffset, 30));
  if (view.getUint32(0, true) !== localSignature) {
    throw invalidPickle(
      source.label,
      `the zip entry "${entry.name}" does not start where the directory says`,
    );
  }
  const offset = entry.headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + entry.size > source.size) {
    throw new StudioError(
      'format/truncated',
      `${source.label}: the zip entry "${entry.name}" ends at ${offset + entry.size}, but the file has ${source.size} bytes.`,
      { hint: 'The download or copy is incomplete: continue or repeat it.' },
    );
  }
  return offset;
}

async function findDirectory(
  source: ByteSource,
): Promise<{ entryCount: number; directoryOffset: number; directoryLength: number }> {
  const tailLength = Math.min(source.size, endLength + 0xffff);
  const tailOffset = source.size - tailLength;
  const tail = viewOf(await readBytes(source, tailOffset, tailLength));
  const end = findEnd(tail);
  if (end === undefined) {
    throw new StudioError(
      'format/truncated',
      `${source.label}: the zip archive has no directory at its end.`,
      { hint: 'The download or copy is incomplete: continue or repeat it.' },
    );
  }
  const found = {
    entryCount: tail.getUint16(end + 10, true),
    directoryLength: tail.getUint32(end + 12, true),
    directoryOffset: tail.getUint32(end + 16, true),
  };
  const needsZip64 =
    found.entryCount === 0xffff ||
    found.directoryLength === 0xffff_ffff ||
    found.directoryOffset === 0xffff_ffff;
  if (!needsZip64 || end < 20 || tail.getUint32(end - 20, true) !== zip64LocatorSignature)
    return found;
  const view = viewOf(await readBytes(source, safeNumber(source, tail, end - 12), 56));
  if (view.getUint32(0, true) !== zip64EndSignature) throw brokenDirectory(source);
  return {
    entryCount: safeNumber(source, view, 32),
    directoryLength: safeNumber(source, view, 40),
    directoryOffset: safeNumber(source, view, 48),
  };
}

/** Position of the end record: the last one whose comment reaches exactly to the end of the file. */
function findEnd(tail: DataView): number | undefined {
  for (let position = tail.byteLength - endLength; position >= 0; position--) {
    if (
      tail.getUint32(position, true) === endSignature &&
      position + endLength + tail.getUint16(position + 20, true) === tail.byteLength
    ) {
      return position;
    }
  }
  return undefined;
}

function readEntry(
  source: ByteSource,
  record: Uint8Array,
  nameLength: number,
  extraLength: number,
): ZipEntry {
  const view = viewOf(record);
  const name = decodeStrictUtf8(record.subarray(46, 46 + nameLength));
  if (name === undefined)
    throw invalidPickle(source.label, 'a zip entry has a name that is not UTF-8');
  if ((view.getUint16(8, true) & 1) !== 0) {
    throw invalidPickle(source.label, `the zip entry "${name}" is encrypted`);
  }
  const sizes = {
    size: view.getUint32(24, true),
    storedSize: view.getUint32(20, true),
    headerOffset: view.getUint32(42, true),
  };
  readZip64Extra(
    source,
    viewOf(record.subarray(46 + nameLength, 46 + nameLength + extraLength)),
    sizes,
  );
  const method = view.getUint16(10, true);
  if (method === 0 && sizes.size !== sizes.storedSize) {
    throw invalidPickle(source.label, `the zip entry "${name}" has two different sizes`);
  }
  return { name, method, size: sizes.size, headerOffset: sizes.headerOffset };
}

/** Fields that are all ones in the record stand in the zip64 extra field, in this order. */
function readZip64Extra(
  source: ByteSource,
  extra: DataView,
  sizes: { size: number; storedSize: number; headerOffset: number },
): void {
  for (let position = 0; position + 4 <= extra.byteLength;) {
    const id = extra.getUint16(position, true);
    const end = position + 4 + extra.getUint16(position + 2, true);
    if (end > extra.byteLength) return;
    if (id === 1) {
      let field = position + 4;
      for (const key of ['size', 'storedSize', 'headerOffset'] as const) {
        if (sizes[key] !== 0xffff_ffff || field + 8 > end) continue;
        sizes[key] = safeNumber(source, extra, field);
        field += 8;
      }
    }
    position = end;
  }
}

function safeNumber(source: ByteSource, view: DataView, position: number): number {
  const value = view.getBigUint64(position, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw brokenDirectory(source);
  return Number(value);
}

function brokenDirectory(source: ByteSource): StudioError {
  return invalidPickle(source.label, 'the directory of the zip archive is broken');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
