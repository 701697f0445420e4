// One factor of an adapter as a tensor of a GGUF file, encoded in its final type. Factors are small: a whole one is read
// and encoded at the first row, and given away when its last row was read.
import { assertNever, invariant } from '#src/errors/assert.ts';
import { elementCountOf, rowCountOf, type TensorView } from '#src/model/model-view.ts';
import { encodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { encodeFloat16 } from '#src/tensors/float16.ts';
import { rowByteLength, tensorByteLength } from '#src/tensors/ggml-types.ts';
import { quantizeQ8_0 } from '#src/tensors/quantize-q8-0.ts';

export type FactorType = 'F32' | 'F16' | 'BF16' | 'Q8_0';

export interface FactorSource {
  readonly name: string;
  /** ggml order: [columns, rows]. */
  readonly shape: readonly [number, number];
  readonly type: FactorType;
  /** All values, row-major. */
  readonly read: (signal?: AbortSignal) => Promise<Float32Array>;
}

export function factorTensor({ name, shape, type, read }: FactorSource): TensorView {
  const rowBytes = rowByteLength(type, shape[0]);
  const rowCount = rowCountOf(shape);
  let encoded: Promise<Uint8Array> | undefined;
  return {
    name,
    shape,
    type,
    async readRows(firstRow, count, target, signal) {
      invariant(target.byteLength === count * rowBytes, `target of ${count} rows of ${name}`);
      signal?.throwIfAborted();
      encoded ??= read(signal).then((values) => {
        invariant(values.length === elementCountOf(shape), `${values.length} values of ${name}`);
        return encode(values, type, shape);
      });
      encoded.catch(() => (encoded = undefined));
      const bytes = await encoded;
      target.set(bytes.subarray(firstRow * rowBytes, (firstRow + count) * rowBytes));
      if (firstRow + count === rowCount) encoded = undefined;
    },
  };
}

function encode(values: Float32Array, type: FactorType, shape: readonly number[]): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bytes = new Uint8Array(tensorByteLength(type, shape));
  switch (type) {
    case 'F16':
      encodeFloat16(values, bytes);
      return bytes;
    case 'BF16':
      encodeBfloat16(values, bytes);
      return bytes;
    case 'Q8_0':
      quantizeQ8_0(values, bytes);
      return bytes;
    default:
      return assertNever(type);
  }
}
