// Builds GGUF files for tests: sound ones through the writer, broken ones record by record.
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { writeValue } from '#src/formats/gguf/write-value.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { ggmlTypes, tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';

export interface TestTensor {
  name: string;
  /** ggml order. */
  shape: readonly number[];
  type?: GgmlType;
  /** Encoded values; zeros when absent. */
  data?: Uint8Array | Float32Array;
}

/** A sound GGUF v3 file: `general.architecture` is `llama` unless the metadata say otherwise. */
export function buildGguf(options: {
  metadata?: readonly GgufEntry[];
  tensors?: readonly TestTensor[];
  alignment?: number;
}): Uint8Array {
  const given = options.metadata ?? [];
  const metadata = given.some(({ key }) => key === 'general.architecture')
    ? given
    : [stringEntry('general.architecture', 'llama'), ...given];
  const tensors = (options.tensors ?? []).map((tensor) => ({ type: 'F32' as const, ...tensor }));
  const header = encodeGgufHeader({
    version: 3,
    metadata,
    tensors,
    alignment: options.alignment ?? 32,
  });
  const file = new Uint8Array(header.fileSize);
  file.set(header.bytes);
  tensors.forEach(({ data }, index) => {
    const placed = header.tensors[index];
    if (data === undefined || placed === undefined) return;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length !== placed.byteLength) throw new Error(`${placed.name}: wrong data length`);
    file.set(bytes, header.dataOffset + placed.offset);
  });
  return file;
}

export interface RawTensor {
  name: string | Uint8Array;
  shape: readonly (number | bigint)[];
  typeId?: number;
  offset?: number | bigint;
}

/** A GGUF with any wrong field: nothing is checked, counts may differ from what follows. */
export function buildRawGguf(options: {
  magic?: string;
  version?: number;
  entryCount?: bigint;
  tensorCount?: bigint;
  /** Encoded by the writer; raw entries come after them. */
  metadata?: readonly GgufEntry[];
  /** Key, value type number and the bytes of the value. */
  rawEntries?: readonly { key: string | Uint8Array; typeId: number; bytes: Uint8Array }[];
  tensors?: readonly RawTensor[];
  alignment?: number;
  /** Bytes behind the header; enough for F32 tensors when absent. */
  dataLength?: number;
}): Uint8Array {
  const { metadata = [], rawEntries = [], tensors = [] } = options;
  const writer = new ByteWriter();
  writer.raw(new TextEncoder().encode(options.magic ?? 'GGUF'));
  writer.uint32(options.version ?? 3);
  writer.uint64(options.tensorCount ?? BigInt(tensors.length));
  writer.uint64(options.entryCount ?? BigInt(metadata.length + rawEntries.length));
  for (const entry of metadata) {
    writer.text(entry.key);
    writeValue(writer, entry);
  }
  for (const { key, typeId, bytes } of rawEntries) {
    writeName(writer, key);
    writer.uint32(typeId);
    writer.raw(bytes);
  }
  let offset = 0;
  for (const tensor of tensors) {
    writeName(writer, tensor.name);
    writer.uint32(tensor.shape.length);
    for (const size of tensor.shape) writer.uint64(BigInt(size));
    writer.uint32(tensor.typeId ?? ggmlTypes.F32.id);
    writer.uint64(BigInt(tensor.offset ?? offset));
    offset += Math.ceil(tensorByteLength('F32', tensor.shape.map(Number)) / 32) * 32;
  }
  writer.pad(options.alignment ?? 32);
  writer.raw(new Uint8Array(options.dataLength ?? Math.min(offset, 1 << 20)));
  return writer.finish();
}

function writeName(writer: ByteWriter, name: string | Uint8Array): void {
  if (typeof name === 'string') return writer.text(name);
  writer.uint64(BigInt(name.length));
  writer.raw(name);
}
