// Encodes rows with the faster of two ways that give the same bytes: our WebAssembly kernel, libggml for
// the types that it lacks and for the few blocks that the kernel leaves alone.
import { createQuantKernel, type QuantKernel } from '#src/kernels/quant-kernel.ts';
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';

export class RowEncoder {
  private readonly kernel: QuantKernel | undefined;
  private scratch = new Float32Array(0);

  constructor(readonly codec: RowCodec) {
    // The kernel repeats libggml's arithmetic on x64; builds for other processors fuse multiplications and additions.
    this.kernel = process.arch === 'x64' ? createQuantKernel() : undefined;
  }

  /** Where the rows that `encode` reads are put; valid until the next call. */
  rows(elements: number): Float32Array {
    if (this.kernel !== undefined) return this.kernel.rows(elements);
    if (this.scratch.length < elements) this.scratch = new Float32Array(elements);
    return this.scratch.subarray(0, elements);
  }

  /** Encodes `rows`, which `this.rows` gave. */
  encode(
    type: GgmlType,
    rows: Float32Array,
    rowCount: number,
    columns: number,
    weights: Float32Array | null,
    target: Uint8Array,
  ): void {
    const { codec, kernel } = this;
    if (kernel === undefined || !kernel.supports(type)) {
      codec.encode(type, rows, target, rowCount, columns, weights);
      return;
    }
    const refused = kernel.encode(type, rowCount, columns, weights, target);
    const { blockSize } = ggmlTypes[type];
    const blockBytes = rowByteLength(type, blockSize);
    for (const index of refused) {
      const first = index * blockSize;
      const column = first % columns;
      codec.encode(
        type,
        rows.subarray(first, first + blockSize),
        target.subarray(index * blockBytes, (index + 1) * blockBytes),
        1,
        blockSize,
        weights?.subarray(column, column + blockSize) ?? null,
      );
    }
  }
}
