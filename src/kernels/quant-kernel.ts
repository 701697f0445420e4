// Loads the WebAssembly kernel of the quantizations. One instance per thread: it owns the memory in which rows are worked on,
// so that they are decoded, merged and encoded without being copied in between.
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { quantsWasm } from './quants.wasm.ts';

export interface QuantKernel {
  /** The types that it encodes and decodes. */
  readonly types: readonly GgmlType[];
  /** Whether importance weights change what it writes. */
  weighs(type: GgmlType): boolean;
  /** The kernel's own rows: write F32 values here, then encode them. Calling it again invalidates earlier views. */
  rows(elements: number): Float32Array;
  /**
   * Encodes the first `rowCount` rows of `columns` values into `target`, bit for bit as libggml does on x64.
   * Gives the blocks that it left to libggml (extreme values, rows of fewer than four blocks), by their index; `target`
   * has no meaning there. F16 and BF16 leave nothing; their `columns` are a multiple of 8.
   */
  encode(
    type: GgmlType,
    rowCount: number,
    columns: number,
    importance: Float32Array | null,
    target: Uint8Array,
  ): Uint32Array;
  /** Decodes `elements` values (whole blocks, a multiple of 8) into the kernel's rows, and gives those. */
  decode(type: GgmlType, source: Uint8Array, elements: number): Float32Array;
}

interface KernelExports {
  memory: WebAssembly.Memory;
  freeMemory(): number;
  encode(
    type: number,
    rows: number,
    weights: number,
    target: number,
    rowCount: number,
    blocks: number,
    refused: number,
  ): number;
  encodeFloats(type: number, rows: number, target: number, count: number): void;
  decode(type: number, source: number, target: number, count: number): void;
}

const pageBytes = 65536;
const nothingRefused = new Uint32Array(0);
const floats: readonly GgmlType[] = ['F16', 'BF16'];
const quantized: readonly GgmlType[] = [
  'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'IQ4_NL', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_XS',
]; // prettier-ignore

/** Compiles the kernel; undefined where the runtime has no WebAssembly SIMD. */
export function createQuantKernel(): QuantKernel | undefined {
  let kernel: KernelExports;
  try {
    const bytes = Uint8Array.from(atob(quantsWasm), (character) => character.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    kernel = instance.exports as unknown as KernelExports;
  } catch {
    return undefined;
  }
  const rowsOffset = Math.ceil(kernel.freeMemory() / 64) * 64;
  const { memory } = kernel;

  function require(byteLength: number): void {
    const missing = byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  }

  function rows(elements: number): Float32Array {
    // Behind the rows: their codes (at most 34 bytes per 32 weights, 2 per weight of F16), one row of weights, the list of
    // refused blocks.
    require(rowsOffset + elements * 4 + elements * 2 + elements * 4 + elements / 8 + 256);
    return new Float32Array(memory.buffer, rowsOffset, elements);
  }

  return {
    types: [...floats, ...quantized],
    weighs: (type) => type !== 'Q8_0' && !floats.includes(type),
    rows,
    encode(type, rowCount, columns, importance, target) {
      const elements = rowCount * columns;
      const byteLength = rowCount * rowByteLength(type, columns);
      const targetOffset = rowsOffset + elements * 4;
      if (floats.includes(type)) {
        kernel.encodeFloats(ggmlTypes[type].id, rowsOffset, targetOffset, elements);
        target.set(new Uint8Array(memory.buffer, targetOffset, byteLength));
        return nothingRefused;
      }
      const weightsOffset = Math.ceil((targetOffset + byteLength) / 16) * 16;
      const refusedOffset = weightsOffset + columns * 4;
      if (importance !== null) {
        new Float32Array(memory.buffer, weightsOffset, columns).set(importance);
      }
      const refused = kernel.encode(
        ggmlTypes[type].id,
        rowsOffset,
        importance === null ? 0 : weightsOffset,
        targetOffset,
        rowCount,
        columns / ggmlTypes[type].blockSize,
        refusedOffset,
      );
      target.set(new Uint8Array(memory.buffer, targetOffset, byteLength));
      if (refused === 0) return nothingRefused;
      return new Uint32Array(memory.buffer, refusedOffset, refused).slice();
    },
    decode(type, source, elements) {
      const target = rows(elements);
      const sourceOffset = rowsOffset + elements * 4;
      const byteLength = rowByteLength(type, elements);
      new Uint8Array(memory.buffer, sourceOffset, byteLength).set(source.subarray(0, byteLength));
      kernel.decode(ggmlTypes[type].id, sourceOffset, rowsOffset, elements);
      return target;
    },
  };
}
