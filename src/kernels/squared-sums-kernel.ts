// Loads the WebAssembly kernel that adds squared activations to the sums of an importance matrix. Activations are copied
// straight from llama.cpp into the kernel's memory; the sums stay outside, because all of a large model's would not fit.
import { StudioError } from '#src/errors/studio-error.ts';
import { squaredSumsWasm } from './squared-sums.wasm.ts';

interface KernelExports {
  memory: WebAssembly.Memory;
  addSquares(sums: number, source: number, rowCount: number, columns: number, stride: number): void;
  addExpertSquares(
    sums: number,
    source: number,
    experts: number,
    used: number,
    tokenCount: number,
    columns: number,
    tokenRows: number,
    rowStride: number,
    tokenStride: number,
  ): void;
  findNonFinite(values: number, count: number): number;
}

/** Activations of the experts that tokens used: F32 (tokens, rows of a token, columns) with strides in bytes. */
export interface ExpertRows {
  readonly columns: number;
  readonly tokenCount: number;
  /** 1 where all experts of a token see the same row, else one row for each. */
  readonly tokenRows: number;
  readonly rowStride: number;
  readonly tokenStride: number;
  /** I32 (used, tokenCount): checked by the caller to be below the number of experts. */
  readonly experts: Int32Array;
  readonly used: number;
}

export interface SquaredSumsKernel {
  /** Room for `byteLength` bytes of activations, until the next call of anything here. */
  source(byteLength: number, sumCount: number): Uint8Array;
  /** Adds the squares of `rowCount` rows in `source`, `stride` bytes apart, to `sums` (columns). */
  addRows(sums: Float32Array, rowCount: number, stride: number): void;
  /** Adds the squares of the rows in `source` to the sums of their experts: `sums` is (experts, columns). */
  addExperts(sums: Float32Array, rows: ExpertRows): void;
  /** Index of the first sum that is NaN or infinite, or -1. */
  findNonFinite(sums: Float32Array): number;
}

const pageBytes = 65536;
const round16 = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Compiles the kernel. Throws `native/unavailable` where the runtime has no WebAssembly SIMD. */
export function createSquaredSumsKernel(): SquaredSumsKernel {
  const { memory, ...kernel } = compile();
  let sourceOffset = 0;
  let sourceLength = 0;

  /** Sums lie first, then the source, then expert numbers. */
  function reserve(byteLength: number): void {
    const missing = byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  }
  function withSums<Result>(sums: Float32Array, work: () => Result): Result {
    const inside = new Float32Array(memory.buffer, 0, sums.length);
    inside.set(sums);
    const result = work();
    sums.set(inside);
    return result;
  }

  return {
    source(byteLength, sumCount) {
      sourceOffset = round16(sumCount * 4);
      sourceLength = round16(byteLength);
      reserve(sourceOffset + sourceLength);
      return new Uint8Array(memory.buffer, sourceOffset, byteLength);
    },
    addRows(sums, rowCount, stride) {
      withSums(sums, () => kernel.addSquares(0, sourceOffset, rowCount, sums.length, stride));
    },
    addExperts(sums, rows) {
      const experts = sourceOffset + sourceLength;
      reserve(experts + rows.experts.byteLength);
      new Int32Array(memory.buffer, experts, rows.experts.length).set(rows.experts);
      const { used, tokenCount, columns, tokenRows, rowStride, tokenStride } = rows;
      withSums(sums, () =>
        kernel.addExpertSquares(0, sourceOffset, experts, used, tokenCount, columns, tokenRows, rowStride, tokenStride),
      ); // prettier-ignore
    },
    findNonFinite(sums) {
      reserve(sums.byteLength);
      new Float32Array(memory.buffer, 0, sums.length).set(sums);
      return kernel.findNonFinite(0, sums.length);
    },
  };
}

function compile(): KernelExports {
  try {
    const bytes = Uint8Array.from(atob(squaredSumsWasm), (character) => character.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    return instance.exports as unknown as KernelExports;
  } catch (error) {
    throw new StudioError('native/unavailable', 'This runtime has no WebAssembly SIMD.', {
      hint: 'Use the Node or Electron release that the package names.',
      cause: error,
    });
  }
}
