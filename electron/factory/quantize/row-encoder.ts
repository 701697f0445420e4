// Decodes and encodes rows with the faster of two ways that give the same bytes: our WebAssembly kernel, libggml for the types
// that it lacks or is not trusted with here, and for the few blocks that the kernel leaves alone.
import { createQuantKernel, type QuantKernel } from '#src/kernels/quant-kernel.ts';
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { kernelChoice, leavesToLibrary, reasonAgainst, type KernelChoice } from './kernel-check.ts';

export class RowEncoder {
  private readonly kernel: QuantKernel | undefined;
  /** What the check found, by type; it runs at the first use of each, in a kernel of its own. */
  private readonly trusted = new Map<GgmlType, boolean>();
  private checking: QuantKernel | undefined;
  private scratch = new Float32Array(0);

  constructor(
    readonly codec: RowCodec,
    private readonly choice: KernelChoice = kernelChoice(),
    private readonly makeKernel: () => QuantKernel | undefined = createQuantKernel,
  ) {
    this.kernel = choice === 'ggml' ? undefined : makeKernel();
  }

  /** Where the rows that `encode` reads are put; valid until the next call. */
  rows(elements: number): Float32Array {
    if (this.kernel !== undefined) return this.kernel.rows(elements);
    if (this.scratch.length < elements) this.scratch = new Float32Array(elements);
    return this.scratch.subarray(0, elements);
  }

  /** Decodes `elements` values into `rows(elements)`, and gives those. */
  decode(type: GgmlType, source: Uint8Array, elements: number): Float32Array {
    const { codec, kernel } = this;
    if (
      kernel?.types.includes(type) === true &&
      elements % 8 === 0 &&
      !leavesToLibrary('decode', type, this.choice) &&
      this.isTrusted(type)
    ) {
      return kernel.decode(type, source, elements);
    }
    const rows = this.rows(elements);
    codec.decode(type, source, rows, elements);
    return rows;
  }

  /** Encodes `rows`, which `this.rows` or `this.decode` gave. */
  encode(
    type: GgmlType,
    rows: Float32Array,
    rowCount: number,
    columns: number,
    weights: Float32Array | null,
    target: Uint8Array,
  ): void {
    const { codec, kernel } = this;
    const usable =
      kernel?.types.includes(type) === true &&
      (rowCount * columns) % 8 === 0 &&
      (weights !== null || !leavesToLibrary('encode', type, this.choice)) &&
      this.isTrusted(type);
    if (kernel === undefined || !usable) {
      codec.encode(type, rows, target, rowCount, columns, weights);
      return;
    }
    const refused = kernel.encode(type, rowCount, columns, weights, target);
    const { blockSize } = ggmlTypes[type];
    const blockBytes = rowByteLength(type, blockSize);
    if (weights !== null && refused.length > 0 && blockSize === 32) {
      // These types weigh by the mean square of the row, so a block cannot be encoded apart from it.
      this.encodeRowsOf(refused, { type, rows, columns, weights, target });
      return;
    }
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

  private encodeRowsOf(
    blocks: Uint32Array,
    encoding: {
      type: GgmlType;
      rows: Float32Array;
      columns: number;
      weights: Float32Array;
      target: Uint8Array;
    },
  ): void {
    const { type, rows, columns, weights, target } = encoding;
    const rowBytes = rowByteLength(type, columns);
    const blocksPerRow = columns / ggmlTypes[type].blockSize;
    for (const row of new Set(Array.from(blocks, (block) => Math.floor(block / blocksPerRow)))) {
      this.codec.encode(
        type,
        rows.subarray(row * columns, (row + 1) * columns),
        target.subarray(row * rowBytes, (row + 1) * rowBytes),
        1,
        columns,
        weights,
      );
    }
  }

  private isTrusted(type: GgmlType): boolean {
    if (this.choice === 'wasm') return true;
    const known = this.trusted.get(type);
    if (known !== undefined) return known;
    // The encoder's own kernel holds the rows that are to be encoded.
    this.checking ??= this.makeKernel();
    const isSound =
      this.checking !== undefined &&
      reasonAgainst(this.checking, this.codec, type, this.choice) === undefined;
    this.trusted.set(type, isSound);
    return isSound;
  }
}
