// Builds PyTorch checkpoints for tests, in both file forms: sound ones from values, hostile ones opcode by opcode.
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import { checkpointByteLength, checkpointDtypeBits } from '#src/formats/checkpoint-tensor.ts';

const latin1 = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

/** Joins opcodes (as latin-1 text or bytes) to a pickle. */
export function pickleOf(...parts: (string | Uint8Array)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.raw(typeof part === 'string' ? latin1(part) : part);
  return writer.finish();
}

/** Opcodes of single values, as protocol 2 writes them. */
export const op = {
  proto: '\x80\x02',
  stop: '.',
  global: (module: string, name: string) => `c${module}\n${name}\n`,
  text(value: string): Uint8Array {
    const bytes = new TextEncoder().encode(value);
    const writer = new ByteWriter();
    writer.raw(latin1('X'));
    writer.uint32(bytes.length);
    writer.raw(bytes);
    return writer.finish();
  },
  int(value: number): Uint8Array {
    const writer = new ByteWriter();
    // BININT holds 31 bits; LONG1 the rest.
    if (value < 2 ** 31) {
      writer.raw(latin1('J'));
      writer.uint32(value);
    } else {
      writer.raw(latin1('\x8a\x09'));
      writer.uint64(BigInt(value));
      writer.uint8(0);
    }
    return writer.finish();
  },
  tuple: (...items: (string | Uint8Array)[]) => pickleOf('(', ...items, 't'),
};

export interface TestPytorchTensor {
  name: string;
  shape: readonly number[];
  dtype?: 'F32' | 'F16' | 'BF16' | 'I64' | 'U8';
  /** Encoded values; zeros when absent. */
  data?: Uint8Array | Float32Array;
}

const storageClasses = { F32: 'FloatStorage', F16: 'HalfStorage', BF16: 'BFloat16Storage', I64: 'LongStorage', U8: 'ByteStorage' }; // prettier-ignore

export interface StorageFields {
  className?: string;
  key?: string;
  elementCount?: number;
}

/** A call of `_rebuild_tensor_v2` with any fields. */
export function pickledTensor(fields: {
  storage?: StorageFields;
  offset?: number;
  shape: readonly number[];
  strides: readonly number[];
}): Uint8Array {
  const { className = 'FloatStorage', key = '0', elementCount = 4 } = fields.storage ?? {};
  return pickleOf(
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.tuple(
      pickleOf(op.tuple(op.text('storage'), op.global('torch', className), op.text(key), op.text('cpu'), op.int(elementCount)), 'Q'),
      op.int(fields.offset ?? 0),
      op.tuple(...fields.shape.map((size) => op.int(size))),
      op.tuple(...fields.strides.map((stride) => op.int(stride))),
      '\x89',
      pickleOf(op.global('collections', 'OrderedDict'), ')R'),
    ),
    'R',
  );
} // prettier-ignore

/** The pickle of a state dictionary: each name with the opcodes of its value. */
export function pickledDictionary(entries: readonly (readonly [string, string | Uint8Array])[]): Uint8Array {
  return pickleOf(op.proto, '}(', ...entries.flatMap(([name, value]) => [op.text(name), value]), 'u', op.stop);
} // prettier-ignore

function stateOf(tensors: readonly TestPytorchTensor[]) {
  const storages = tensors.map(({ shape, dtype = 'F32', data }) => {
    const byteLength = checkpointByteLength(dtype, shape) ?? 0;
    const bytes = data === undefined ? new Uint8Array(byteLength) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length !== byteLength) throw new Error('wrong data length');
    return { bytes, elementCount: (byteLength * 8) / checkpointDtypeBits[dtype] };
  });
  const pickle = pickledDictionary(
    tensors.map(({ name, shape, dtype = 'F32' }, index) => [
      name,
      pickledTensor({
        storage: { className: storageClasses[dtype], key: String(index), elementCount: storages[index]?.elementCount ?? 0 },
        shape,
        strides: shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1)),
      }),
    ]),
  );
  return { pickle, storages };
} // prettier-ignore

/** A sound checkpoint as torch.save has written since PyTorch 1.6. */
export function buildPytorchZip(tensors: readonly TestPytorchTensor[]): Uint8Array {
  const { pickle, storages } = stateOf(tensors);
  return buildZip({
    'model/data.pkl': pickle,
    'model/byteorder': latin1('little'),
    ...Object.fromEntries(storages.map(({ bytes }, index) => [`model/data/${index}`, bytes])),
    'model/version': latin1('3\n'),
  });
}

/** A sound checkpoint as torch.save wrote before PyTorch 1.6. */
export function buildPytorchLegacy(tensors: readonly TestPytorchTensor[]): Uint8Array {
  const { pickle, storages } = stateOf(tensors);
  return buildRawLegacy(pickle, storages.map(({ bytes, elementCount }, index) => ({ key: String(index), elementCount, bytes }))); // prettier-ignore
}

/** The older file form around any pickle; keys and counts are written as given. */
export function buildRawLegacy(
  pickle: Uint8Array,
  storages: readonly { key: string; elementCount: number; bytes: Uint8Array }[],
  options: { magic?: string; version?: number; littleEndian?: boolean } = {},
): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(pickleOf(op.proto, options.magic ?? '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19', op.stop));
  writer.raw(pickleOf(op.proto, op.int(options.version ?? 1001), op.stop));
  writer.raw(pickleOf(op.proto, '}', op.text('little_endian'), (options.littleEndian ?? true) ? '\x88' : '\x89', 's', op.stop));
  writer.raw(pickle);
  writer.raw(pickleOf(op.proto, '](', ...storages.map(({ key }) => op.text(key)), 'e', op.stop));
  for (const { elementCount, bytes } of storages) {
    writer.uint64(BigInt(elementCount));
    writer.raw(bytes);
  }
  return writer.finish();
} // prettier-ignore

/** A zip archive of stored entries; `method` is written for all of them, and with `zip64` all sizes have 64 bits. */
export function buildZip(
  files: Readonly<Record<string, Uint8Array>>,
  method = 0,
  zip64 = false,
): Uint8Array {
  const writer = new ByteWriter();
  const directory = new ByteWriter();
  const entries = Object.entries(files);
  const small = (size: number) => (zip64 ? 0xffff_ffff : size);
  for (const [name, bytes] of entries) {
    const nameBytes = new TextEncoder().encode(name);
    const headerOffset = writer.length;
    writer.uint32(0x0403_4b50);
    writeCommonFields(writer, method, small(bytes.length), nameBytes.length);
    // PyTorch pads storages to 64 bytes with the extra field.
    writer.uint16(7);
    writer.raw(nameBytes);
    writer.raw(new Uint8Array(7));
    writer.raw(bytes);
    directory.uint32(0x0201_4b50);
    directory.uint16(20);
    writeCommonFields(directory, method, small(bytes.length), nameBytes.length);
    directory.uint16(zip64 ? 28 : 0);
    directory.raw(new Uint8Array(10));
    directory.uint32(small(headerOffset));
    directory.raw(nameBytes);
    if (!zip64) continue;
    directory.uint16(1);
    directory.uint16(24);
    for (const size of [bytes.length, bytes.length, headerOffset]) directory.uint64(BigInt(size));
  }
  const directoryOffset = writer.length;
  writer.raw(directory.finish());
  if (zip64) writeZip64End(writer, entries.length, directory.length, directoryOffset);
  writer.uint32(0x0605_4b50);
  writer.uint32(0);
  writer.uint16(zip64 ? 0xffff : entries.length);
  writer.uint16(zip64 ? 0xffff : entries.length);
  writer.uint32(small(directory.length));
  writer.uint32(small(directoryOffset));
  writer.uint16(0);
  return writer.finish();
}

/** Version to name length, the same in both records of an entry. There is no checksum: it is not read. */
function writeCommonFields(writer: ByteWriter, method: number, size: number, nameLength: number) {
  writer.uint16(20);
  writer.uint16(0);
  writer.uint16(method);
  writer.uint32(0);
  writer.uint32(0);
  writer.uint32(size);
  writer.uint32(size);
  writer.uint16(nameLength);
}

function writeZip64End(writer: ByteWriter, count: number, length: number, offset: number) {
  const start = writer.length;
  writer.uint32(0x0606_4b50);
  writer.uint64(44n);
  writer.uint32(0x002d_002d);
  writer.uint64(0n);
  for (const value of [count, count, length, offset]) writer.uint64(BigInt(value));
  writer.uint32(0x0706_4b50);
  writer.uint32(0);
  writer.uint64(BigInt(start));
  writer.uint32(1);
}
