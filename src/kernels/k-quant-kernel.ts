// Loads the WebAssembly kernel of the K-quants. One instance per thread: it owns the memory in which rows are worked on,
// so that they are decoded, merged and encoded without being copied in between.
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { kQuantsWasm } from './k-quants.wasm.ts';

export interface KQuantKernel {
  /** The kernel's own rows: write F32 values here, then encode them. Calling it again invalidates earlier views. */
  rows(elements: number): Float32Array;
  /** True for encodings that the kernel does faster than libggml. */
  supports(type: GgmlType, hasImportance: boolean): boolean;
  /**
   * Encodes the first `rowCount` rows of `columns` values into `target`, bit for bit as libggml does on x64.
   * Gives the super-blocks of 256 weights that it left to libggml (extreme values), by their index; `target` has no
   * meaning there.
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

export const superBlock = 256;
const pageBytes = 65536;
const always: readonly GgmlType[] = ['Q2_K', 'Q4_K', 'Q5_K', 'Q6_K'];

/** Compiles the kernel; undefined where the runtime has no WebAssembly SIMD. */
export function createKQuantKernel(): KQuantKernel | undefined {
  let kernel: KernelExports;
  try {
    const bytes = Uint8Array.from(atob(kQuantsWasm), (character) => character.charCodeAt(0));
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
      // Behind the rows: their codes (less than a byte per weight), one row of weights, the list of refused blocks.
      require(rowsOffset + elements * 4 + elements + elements * 4 + elements / 64 + 256);
      return new Float32Array(memory.buffer, rowsOffset, elements);
    },
    supports: (type, hasImportance) => always.includes(type) || (type === 'Q3_K' && hasImportance),
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
        columns / superBlock,
        refusedOffset,
      );
      target.set(new Uint8Array(memory.buffer, targetOffset, byteLength));
      return new Uint32Array(memory.buffer, refusedOffset, refused).slice();
    },
  };
}
