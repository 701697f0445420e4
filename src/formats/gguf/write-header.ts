// Encodes a GGUF v3 header, byte for byte as gguf-py's GGUFWriter and libggml's gguf_write_out do: magic, version, counts,
// metadata, tensor records, zeros up to the alignment. Tensor data follows, each tensor padded, the last one too.
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { ggmlTypes, tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { padTo, readAlignment } from './check-layout.ts';
import type { GgufEntry, GgufTensorInfo } from './types.ts';
import { writeValue } from './write-value.ts';

export interface GgufHeaderInput {
  readonly version: 3;
  readonly metadata: readonly GgufEntry[];
  /** In file order. Dimensions are written as given; see ggmlShape for how libggml would. */
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly type: GgmlType;
  }[];
  /** Must agree with `general.alignment` (32 when that is absent). */
  readonly alignment: number;
}

export interface EncodedGgufHeader {
  /** The file's first `dataOffset` bytes. */
  readonly bytes: Uint8Array;
  readonly tensors: readonly GgufTensorInfo[];
  readonly dataOffset: number;
  /** Size of the whole file, the padding behind the last tensor included. */
  readonly fileSize: number;
}

/** Encodes the header and lays the tensors out. Throws `gguf/invalid` for what no reader would accept. */
export function encodeGgufHeader(input: GgufHeaderInput): EncodedGgufHeader {
  checkInput(input);
  const writer = new ByteWriter();
  writer.uint32(0x4655_4747);
  writer.uint32(input.version);
  writer.uint64(BigInt(input.tensors.length));
  writer.uint64(BigInt(input.metadata.length));
  for (const entry of input.metadata) {
    writer.text(entry.key);
    writeValue(writer, entry);
  }
  const tensors = layOut(input);
  for (const tensor of tensors) {
    writer.text(tensor.name);
    writer.uint32(tensor.shape.length);
    for (const size of tensor.shape) writer.uint64(BigInt(size));
    writer.uint32(ggmlTypes[tensor.type].id);
    writer.uint64(BigInt(tensor.offset));
  }
  writer.pad(input.alignment);
  const last = tensors.at(-1);
  const dataSize = last === undefined ? 0 : padTo(last.offset + last.byteLength, input.alignment);
  return {
    bytes: writer.finish(),
    tensors,
    dataOffset: writer.length,
    fileSize: writer.length + dataSize,
  };
}

/** The shape as libggml writes it: trailing dimensions of 1 are dropped, at least one stays (ggml_n_dims). */
export function ggmlShape(shape: readonly number[]): readonly number[] {
  let count = shape.length;
  while (count > 1 && shape[count - 1] === 1) count--;
  return count === 0 ? [1] : shape.slice(0, count);
}

function layOut({ tensors, alignment }: GgufHeaderInput): GgufTensorInfo[] {
  let offset = 0;
  return tensors.map(({ name, shape, type }) => {
    const tensor = { name, shape, type, offset, byteLength: tensorByteLength(type, shape) };
    offset = padTo(offset + tensor.byteLength, alignment);
    return tensor;
  });
}

function checkInput({ metadata, tensors, alignment }: GgufHeaderInput): void {
  const declared = readAlignment('output', metadata);
  if (declared !== alignment) {
    throw refused(`the alignment ${alignment} contradicts "general.alignment", ${declared}`);
  }
  const encoder = new TextEncoder();
  const keys = new Set<string>();
  for (const { key } of metadata) {
    if (key === '' || encoder.encode(key).length > limits.ggufKeyBytes) {
      throw refused(`the metadata key "${key.slice(0, 80)}" is empty or too long`);
    }
    if (keys.has(key)) throw refused(`the metadata key "${key}" appears twice`);
    keys.add(key);
  }
  const names = new Set<string>();
  for (const { name, shape } of tensors) {
    if (name === '' || encoder.encode(name).length > limits.ggufTensorNameBytes) {
      throw refused(
        `the tensor name "${name}" is empty or longer than ${limits.ggufTensorNameBytes} bytes`,
      );
    }
    if (names.has(name)) throw refused(`two tensors have the name "${name}"`);
    names.add(name);
    if (shape.length > limits.ggufDimensions) {
      throw refused(
        `the tensor "${name}" has ${shape.length} dimensions, at most ${limits.ggufDimensions} are allowed`,
      );
    }
  }
}

function refused(problem: string): StudioError {
  return new StudioError('gguf/invalid', `This GGUF file cannot be written: ${problem}.`);
}
