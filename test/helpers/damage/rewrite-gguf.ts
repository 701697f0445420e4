// A sound file with other metadata or tensors, written anew as another tool would: everything fits together again, so what is
// wrong is only what was changed. The tail of a bundle stays where it then comes to lie.
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import type { GgufEntry, GgufHeader } from '#src/formats/gguf/types.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { padded } from './gguf-anatomy.ts';

export interface LooseTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgmlType;
  readonly data: Uint8Array;
}

export interface LooseGguf {
  readonly header: GgufHeader;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly LooseTensor[];
  /** Behind the last tensor and its padding. */
  readonly tail: Uint8Array;
}

export async function takeApart(bytes: Uint8Array): Promise<LooseGguf> {
  const header = await readGgufHeader(memoryByteSource(bytes, 'base.gguf'));
  const tensors = header.tensors.map(({ name, shape, type, offset, byteLength }) => ({
    name,
    shape,
    type,
    data: bytes.subarray(header.dataOffset + offset, header.dataOffset + offset + byteLength),
  }));
  const last = header.tensors.at(-1);
  const end = header.dataOffset + (last === undefined ? 0 : padded(last.offset + last.byteLength));
  return { header, metadata: header.metadata, tensors, tail: bytes.subarray(end) };
}

export function putTogether(parts: {
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly LooseTensor[];
  readonly tail?: Uint8Array;
}): Uint8Array {
  const { metadata, tensors, tail = new Uint8Array() } = parts;
  const header = encodeGgufHeader({ version: 3, metadata, tensors, alignment: 32 });
  const file = new Uint8Array(header.fileSize + tail.length);
  file.set(header.bytes);
  header.tensors.forEach(({ offset }, index) => {
    file.set(tensors[index]?.data ?? [], header.dataOffset + offset);
  });
  file.set(tail, header.fileSize);
  return file;
}

export async function rewriteGguf(
  bytes: Uint8Array,
  change: {
    readonly metadata?: (entries: readonly GgufEntry[]) => readonly GgufEntry[];
    readonly tensors?: (tensors: readonly LooseTensor[]) => readonly LooseTensor[];
  },
): Promise<Uint8Array> {
  const { metadata, tensors, tail } = await takeApart(bytes);
  return putTogether({
    metadata: change.metadata?.(metadata) ?? metadata,
    tensors: change.tensors?.(tensors) ?? tensors,
    tail,
  });
}
