// Loads the WebAssembly kernel of the quantizations. One instance per thread: it owns the memory in which rows are worked on,
// so that they are decoded, merged and encoded without being copied in between.
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { quantsWasm } from './quants.wasm.ts';

export interface QuantKernel {
  /** The kernel's own rows: write F32 values here, then encode them. Calling it again invalidates earlier views. */
  rows(elements: number): Float32Array;
  /** True for encodings that the kernel does. */
  supports(type: GgmlType): boolean;
  /**
   * Encodes the first `rowCount` rows of `columns` values into `target`, bit for bit as libggml does on x64.
   * Gives the blocks that it left to libggml (extreme values, rows of fewer than four blocks), by their index; `target`
   * has no meaning there.
   */
  encode(
    type: GgmlType,
    rowCount: number,
    columns: number,
    importance: Float32Array | null,
    target: Uint8Array,
  ): Uint32Array;
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
}

const pageBytes = 65536;
const supported: readonly GgmlType[] = [
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

  return {
    rows(elements) {
      // Behind the rows: their codes (at most 34 bytes per 32 weights), one row of weights, the list of refused blocks.
      require(rowsOffset + elements * 4 + (elements * 34) / 32 + elements * 4 + elements / 8 + 256);
      return new Float32Array(memory.buffer, rowsOffset, elements);
    },
    supports: (type) => supported.includes(type),
    encode(type, rowCount, columns, importance, target) {
      const elements = rowCount * columns;
      const byteLength = rowCount * rowByteLength(type, columns);
      const targetOffset = rowsOffset + elements * 4;
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
      return new Uint32Array(memory.buffer, refusedOffset, refused).slice();
    },
  };
}
