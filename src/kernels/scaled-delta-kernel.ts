// Loads the WebAssembly kernel of the low-rank product and gives it the signature of its TypeScript definition
// (src/stages/merge/scaled-delta.ts). One instance per thread; its memory holds one A and one run of rows.
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { scaledDeltaWasm } from './scaled-delta.wasm.ts';

/** `scaledDelta` of src/stages/merge: writes scale · B·A for rows [row, row + rowCount) of B to `target`. */
export type ScaledDelta = (
  target: Float32Array,
  delta: LowRankDelta,
  row: number,
  rowCount: number,
  columns: number,
) => void;

interface KernelExports {
  memory: WebAssembly.Memory;
  scaledDelta(
    target: number,
    a: number,
    b: number,
    rowCount: number,
    columns: number,
    rank: number,
    scale: number,
  ): void;
}

const pageBytes = 65536;
/** Results per call (1 MiB): small enough for the second-level cache, large enough to amortise the copies. */
const elementsPerCall = 262144;

/** Compiles the kernel; undefined where the runtime has no WebAssembly SIMD. */
export function createScaledDeltaKernel(): ScaledDelta | undefined {
  let kernel: KernelExports;
  try {
    const bytes = Uint8Array.from(atob(scaledDeltaWasm), (character) => character.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    kernel = instance.exports as unknown as KernelExports;
  } catch {
    return undefined;
  }
  let loadedA: Float32Array | undefined;

  return (target, { a, b, rank, scale }, row, rowCount, columns) => {
    const rowsPerCall = Math.max(1, Math.min(rowCount, Math.floor(elementsPerCall / columns)));
    const bOffset = a.byteLength;
    const targetOffset = bOffset + rowsPerCall * rank * 4;
    const needed = targetOffset + rowsPerCall * columns * 4;
    const missing = needed - kernel.memory.buffer.byteLength;
    if (missing > 0) kernel.memory.grow(Math.ceil(missing / pageBytes));
    const floats = new Float32Array(kernel.memory.buffer);
    // Slabs of one tensor follow each other: A is copied once per tensor and thread.
    if (loadedA !== a) floats.set(a, 0);
    loadedA = a;
    for (let done = 0; done < rowCount; done += rowsPerCall) {
      const count = Math.min(rowsPerCall, rowCount - done);
      const firstFactor = (row + done) * rank;
      floats.set(b.subarray(firstFactor, firstFactor + count * rank), bOffset / 4);
      kernel.scaledDelta(targetOffset, 0, bOffset, count, columns, rank, scale);
      const result = floats.subarray(targetOffset / 4, targetOffset / 4 + count * columns);
      target.set(result, done * columns);
    }
  };
}
