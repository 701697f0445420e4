// Loads the WebAssembly kernel that compares one vector with many. The rows are copied into its memory once; what is compared
// with them costs a copy of one vector.
import { StudioError } from '#src/errors/studio-error.ts';
import { likenessWasm } from './likeness.wasm.ts';

interface KernelExports {
  memory: WebAssembly.Memory;
  likenesses(
    results: number,
    vector: number,
    rows: number,
    rowCount: number,
    columns: number,
  ): void;
}

export interface LikenessKernel {
  /**
   * Dot products of `vector` (of the rows' length) with every row, in their order. The result is a view that the next call
   * writes again.
   */
  compare(vector: Float32Array): Float64Array;
}

const pageBytes = 65_536;
/** Linear memory is addressed with signed numbers of 32 bits. */
const mostBytes = 2 ** 31 - pageBytes;

/**
 * `rows` are all of length `columns`. Throws `routing/embedding` when they are more than the kernel's memory
 * holds, `native/unavailable` where the runtime has no WebAssembly SIMD.
 */
export function createLikenessKernel(
  rows: readonly Float32Array[],
  columns: number,
): LikenessKernel {
  const vectorBytes = columns * 8;
  const resultBytes = rows.length * 8;
  const neededBytes = vectorBytes + resultBytes + rows.length * columns * 4;
  if (neededBytes > mostBytes) {
    throw new StudioError(
      'routing/embedding',
      `${rows.length} examples with vectors of ${columns} numbers need more than two gigabytes.`,
      { hint: 'Use fewer examples, or a model with shorter vectors.' },
    );
  }
  const kernel = compile();
  const begin = kernel.memory.buffer.byteLength;
  kernel.memory.grow(Math.ceil(neededBytes / pageBytes));
  const { buffer } = kernel.memory;
  const input = new Float64Array(buffer, begin, columns);
  const results = new Float64Array(buffer, begin + vectorBytes, rows.length);
  const rowsAt = begin + vectorBytes + resultBytes;
  const flat = new Float32Array(buffer, rowsAt, rows.length * columns);
  for (const [index, row] of rows.entries()) flat.set(row, index * columns);
  return {
    compare(vector) {
      input.set(vector);
      kernel.likenesses(results.byteOffset, input.byteOffset, rowsAt, rows.length, columns);
      return results;
    },
  };
}

function compile(): KernelExports {
  try {
    const bytes = Uint8Array.from(atob(likenessWasm), (character) => character.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    return instance.exports as unknown as KernelExports;
  } catch (error) {
    throw new StudioError('native/unavailable', 'This runtime has no WebAssembly SIMD.', {
      hint: 'Use the Node or Electron release that the package names.',
      cause: error,
    });
  }
}
