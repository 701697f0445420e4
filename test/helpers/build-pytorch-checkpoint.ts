// Builds `pytorch_model.bin` files as torch.save writes them: a zip archive of stored (uncompressed) files with a pickle
// of an OrderedDict. Tensors that name the same storage share its data, as tied weights do.

const storageClasses = {
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
} as const;

const elementBytes = { F32: 4, F16: 2, BF16: 2, U8: 1, BOOL: 1 } as const;

export interface PytorchTestTensor {
  readonly name: string;
  readonly dtype: keyof typeof storageClasses;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  /** Name of an earlier tensor whose storage this one shares; `data` is then that tensor's. */
  readonly sharedWith?: string;
}

export function buildPytorchCheckpoint(tensors: readonly PytorchTestTensor[]): Uint8Array {
  const keys = new Map<string, string>();
  const storages: Uint8Array[] = [];
  for (const { name, data, sharedWith } of tensors) {
    const shared = sharedWith === undefined ? undefined : keys.get(sharedWith);
    keys.set(name, shared ?? String(storages.length));
    if (shared === undefined) storages.push(data);
  }
  return buildZip([
    ['archive/data.pkl', pickleOf(tensors, keys)],
    ['archive/byteorder', new TextEncoder().encode('little')],
    ...storages.map((data, index) => [`archive/data/${index}`, data] as const),
    ['archive/version', new TextEncoder().encode('3\n')],
  ]);
}

function pickleOf(
  tensors: readonly PytorchTestTensor[],
  keys: ReadonlyMap<string, string>,
): Uint8Array {
  const bytes: number[] = [0x80, 2];
  const text = (value: string) => bytes.push(...new TextEncoder().encode(value));
  const global = (module: string, name: string) => text(`c${module}\n${name}\n`);
  const integer = (value: number) =>
    bytes.push(0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  const string = (value: string) => {
    const encoded = new TextEncoder().encode(value);
    bytes.push(0x58, encoded.length & 255, encoded.length >> 8, 0, 0, ...encoded);
  };
  const tuple = (values: readonly number[]) => {
    text('(');
    values.forEach(integer);
    text('t');
  };
  const orderedDict = () => {
    global('collections', 'OrderedDict');
    text(')R');
  };
  orderedDict();
  text('(');
  for (const { name, dtype, shape, data } of tensors) {
    string(name);
    global('torch._utils', '_rebuild_tensor_v2');
    text('((');
    string('storage');
    global('torch', storageClasses[dtype]);
    string(keys.get(name) ?? '');
    string('cpu');
    integer(data.length / elementBytes[dtype]);
    text('tQ');
    integer(0);
    tuple(shape);
    tuple(shape.map((_, index) => shape.slice(index + 1).reduce((size, part) => size * part, 1)));
    bytes.push(0x89);
    orderedDict();
    text('tR');
  }
  text('u.');
  return Uint8Array.from(bytes);
}

/** Data begins at multiples of 64, padded by an extra field, as torch does it. */
function buildZip(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const encodedName = new TextEncoder().encode(name);
    const headerEnd = offset + 30 + encodedName.length;
    const padding = 4 + ((64 - ((headerEnd + 4) % 64)) % 64);
    const extra = new Uint8Array(padding);
    new DataView(extra.buffer).setUint16(0, 0x4246, true);
    new DataView(extra.buffer).setUint16(2, padding - 4, true);
    const shared = zipFields(data, encodedName.length);
    const local = new Uint8Array([0x50, 0x4b, 3, 4, ...shared, padding & 255, padding >> 8]);
    directory.push(
      new Uint8Array([0x50, 0x4b, 1, 2, 0, 0, ...shared, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      u32(offset),
      encodedName,
    );
    parts.push(local, encodedName, extra, data);
    offset = headerEnd + padding + data.length;
  }
  const directoryBytes = concatenate(directory);
  const count = [files.length & 255, files.length >> 8];
  const end = new Uint8Array([0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count]);
  return concatenate([
    ...parts,
    directoryBytes,
    end,
    u32(directoryBytes.length),
    u32(offset),
    new Uint8Array(2),
  ]);
}

/** Version, flags, method, time, date, CRC, sizes, name length: the same in both headers. */
function zipFields(data: Uint8Array, nameLength: number): number[] {
  const size = [...u32(data.length)];
  return [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u32(crc32(data)), ...size, ...size, nameLength, 0];
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
