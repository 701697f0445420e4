// Reads and checks the header of a GGUF file: everything that llama.cpp's gguf_init refuses is refused here first, with
// a message, because its own process ends where it trusts a wrong value. Tensor data is never read.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { openGrowingWindow } from '#src/formats/bytes/growing-window.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import { describeForeignFile } from '#src/formats/recognize-file.ts';
import { checkTensorLayout, readAlignment } from './check-layout.ts';
import { invalidGguf, shortKey } from './invalid-gguf.ts';
import { readStringBytes } from './read-strings.ts';
import { readTensorInfo } from './read-tensor-info.ts';
import { readValue } from './read-value.ts';
import type { GgufEntry, GgufHeader, GgufTensorInfo } from './types.ts';

/** "GGUF" read as a little-endian u32. */
const magic = 0x4655_4747;

/** Least bytes that one entry (key length, 1 byte of key, type, 1 byte of value) and one tensor record can have. */
const leastEntryBytes = 8 + 1 + 4 + 1;
const leastTensorBytes = 8 + 1 + 4 + 4 + 8;

/**
 * Reads the header of a GGUF v2 or v3 file.
 * Throws `format/not-gguf` (naming what the file is instead), `gguf/version`, `gguf/invalid`, `format/limit`,
 * `tensor/unsupported-type`, and `format/truncated` where the file ends too early, in the header or in a tensor.
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  await checkMagic(source);
  const window = openGrowingWindow(source, {
    firstLength: limits.firstWindow,
    limit: limits.ggufHeaderBytes,
    what: 'GGUF header',
  });
  const { version, tensorCount, entryCount } = await window.parse(readPreamble);

  const metadata: GgufEntry[] = [];
  const keys = new Set<string>();
  while (metadata.length < entryCount) {
    metadata.push(await window.parse((cursor) => readEntry(cursor, metadata.length, keys)));
  }
  const alignment = readAlignment(source.label, metadata);

  const tensors: GgufTensorInfo[] = [];
  const names = new Set<string>();
  while (tensors.length < tensorCount) {
    const tensor = await window.parse((cursor) => readTensorInfo(cursor, tensors.length));
    if (names.has(tensor.name)) {
      throw invalidGguf(source.label, `two tensors have the name "${tensor.name}"`, {
        details: { tensor: tensor.name },
      });
    }
    names.add(tensor.name);
    tensors.push(tensor);
  }

  const dataOffset =
    tensorCount === 0 ? window.offset : Math.ceil(window.offset / alignment) * alignment;
  checkTensorLayout(source, tensors, alignment, dataOffset);
  return { version, metadata, tensors, alignment, dataOffset };
}

async function checkMagic(source: ByteSource): Promise<void> {
  const head = await readBytes(source, 0, Math.min(source.size, 512));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4 && view.getUint32(0, true) === magic) return;
  const found = describeForeignFile(head, source.size);
  throw invalidGguf(source.label, `this is not a GGUF file but ${found.description}`, {
    code: 'format/not-gguf',
    hint: found.hint,
    details: { kind: found.kind },
  });
}

function readPreamble(cursor: ByteCursor): {
  version: 2 | 3;
  tensorCount: number;
  entryCount: number;
} {
  cursor.take(4);
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw wrongVersion(cursor.label, version);
  const tensorCount = cursor.length64('the tensor count');
  const entryCount = cursor.length64('the metadata count');
  checkCount(cursor, 'metadata entries', entryCount, limits.ggufEntries, leastEntryBytes);
  checkCount(cursor, 'tensors', tensorCount, limits.ggufTensors, leastTensorBytes);
  return { version, tensorCount, entryCount };
}

function wrongVersion(label: string, version: number): Error {
  // A big-endian file has its version in the other half (gguf.cpp makes the same guess).
  if (version !== 0 && (version & 0xffff) === 0) {
    return invalidGguf(label, 'this is a big-endian GGUF file', {
      code: 'gguf/version',
      hint: 'Convert it with gguf-py: gguf-convert-endian FILE little.',
      details: { bigEndian: true },
    });
  }
  return invalidGguf(label, `this is GGUF version ${version}; versions 2 and 3 are read`, {
    code: 'gguf/version',
    hint:
      version === 1
        ? 'Version 1 was used for a few weeks in 2023: convert the original model again.'
        : 'The file is damaged, or was made by a newer release.',
    details: { version },
  });
}

function checkCount(
  cursor: ByteCursor,
  what: string,
  count: number,
  limit: number,
  leastBytes: number,
): void {
  if (count > limit || count * leastBytes > cursor.remaining) {
    throw invalidGguf(
      cursor.label,
      `the header claims ${count} ${what}, ${count > limit ? `at most ${limit} are read` : `which cannot fit into the file's ${cursor.size} bytes`}`,
      { code: 'format/limit', details: { what, count, limit, size: cursor.size } },
    );
  }
}

function readEntry(cursor: ByteCursor, index: number, keys: Set<string>): GgufEntry {
  const start = cursor.position;
  const length = cursor.length64(`the length of metadata key ${index}`);
  if (length === 0 || length > limits.ggufKeyBytes) {
    throw invalidGguf(
      cursor.label,
      `metadata key ${index} has ${length} bytes; 1 to ${limits.ggufKeyBytes} are allowed`,
      { details: { entryIndex: index, length } },
    );
  }
  cursor.position = start;
  const key = decodeStrictUtf8(readStringBytes(cursor, `metadata key ${index}`));
  if (key === undefined || key.includes('\0')) {
    throw invalidGguf(cursor.label, `metadata key ${index} is not valid UTF-8 text`, {
      details: { entryIndex: index },
    });
  }
  if (keys.has(key)) {
    throw invalidGguf(cursor.label, `the metadata key "${shortKey(key)}" appears twice`, {
      details: { key },
    });
  }
  const entry = { key, ...readValue(cursor, key) };
  // Only now: a step that runs out of bytes is repeated.
  keys.add(key);
  return entry;
}
