// Builds safetensors files for tests: sound ones from values, broken ones from any header text.
import { checkpointByteLength, type CheckpointDtype } from '#src/formats/checkpoint-tensor.ts';

export interface TestSafetensorsTensor {
  name: string;
  /** PyTorch order. */
  shape: readonly number[];
  dtype?: CheckpointDtype;
  /** Encoded values; zeros when absent. */
  data?: Uint8Array | Float32Array | Uint16Array;
}

/** A sound file; tensors lie and are listed in the given order. */
export function buildSafetensors(
  tensors: readonly TestSafetensorsTensor[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries: [string, object][] = tensors.map(({ name, shape, dtype = 'F32' }) => {
    const start = end;
    end += checkpointByteLength(dtype, shape) ?? 0;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const header =
    metadata === undefined ? entries : [['__metadata__', metadata] as const, ...entries];
  const data = new Uint8Array(end);
  let offset = 0;
  for (const { shape, dtype = 'F32', data: values } of tensors) {
    if (values !== undefined) {
      data.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    }
    offset += checkpointByteLength(dtype, shape) ?? 0;
  }
  return buildRawSafetensors(JSON.stringify(Object.fromEntries(header)), data);
}

/** A file with any header text; `claimedLength` replaces the true length of the header. */
export function buildRawSafetensors(
  headerText: string,
  data: Uint8Array = new Uint8Array(0),
  claimedLength?: bigint,
): Uint8Array {
  const text = new TextEncoder().encode(headerText);
  // The reference writer pads the header with spaces to a multiple of 8.
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  const file = new Uint8Array(8 + padded.length + data.length);
  new DataView(file.buffer).setBigUint64(0, claimedLength ?? BigInt(padded.length), true);
  file.set(padded, 8);
  file.set(data, 8 + padded.length);
  return file;
}
